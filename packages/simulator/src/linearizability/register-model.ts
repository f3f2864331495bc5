import type { SequentialModel } from './model.ts';

export type RegisterInput =
  | { readonly kind: 'read' }
  | { readonly kind: 'write'; readonly value: number }
  | { readonly kind: 'cas'; readonly from: number; readonly to: number };

/** A read states a value (null: nothing was written yet), a cas whether it wrote, a write nothing. */
export type RegisterOutput = number | boolean | null | undefined;

/** One register with compare-and-swap, empty at first. */
export const registerModel: SequentialModel<number | null, RegisterInput, { readonly value: RegisterOutput }> = {
  init: null,
  step(state, input, output) {
    switch (input.kind) {
      case 'read':
        return { ok: output === undefined || output.value === state, state };
      case 'write':
        return { ok: true, state: input.value };
      case 'cas': {
        const swaps = state === input.from;
        return { ok: output === undefined || output.value === swaps, state: swaps ? input.to : state };
      }
    }
  },
  key: String,
};
