import { applyCommand } from '../clients/kv-machine.ts';
import type { KvRequest } from '../clients/operation.ts';
import type { SequentialModel } from './model.ts';

export type KvInput = KvRequest;

/** What an answer states about the value before the operation (null: none), and about a swap. What it leaves out is not held against it. */
export interface KvAnswer {
  readonly value?: string | null;
  readonly swapped?: boolean;
}

/** The simulator's key-value machine, key by key. The state is the value of one key. */
export const kvModel: SequentialModel<string | null, KvInput, KvAnswer> = {
  init: null,
  step(state, input, output) {
    const { value, result } = input.kind === 'read' ? { value: state, result: { value: state } } : applyCommand(state, input);
    return { ok: agrees(output?.value, result.value) && agrees(output?.swapped, result.swapped), state: value };
  },
  key: (state) => (state === null ? '' : `=${state}`),
  partOf: ({ key }) => key,
  describe(input, output) {
    const answer = output === undefined ? '?' : [shown(output.value), shown(output.swapped)].filter((part) => part !== '').join(' ');
    return `${described(input)}${answer === '' ? '' : ` -> ${answer}`}`;
  },
};

function agrees<Value>(stated: Value | undefined, actual: Value): boolean {
  return stated === undefined || stated === actual;
}

function described(input: KvInput): string {
  switch (input.kind) {
    case 'read':
    case 'delete':
      return `${input.kind} ${input.key}`;
    case 'put':
    case 'append':
      return `${input.kind} ${input.key} ${shown(input.value)}`;
    case 'compareAndSwap':
      return `${input.kind} ${input.key} ${shown(input.expected)} to ${shown(input.value)}`;
  }
}

function shown(value: string | boolean | null | undefined): string {
  if (value === undefined) return '';
  if (value === true) return 'swapped';
  return value === false ? 'not swapped' : JSON.stringify(value);
}
