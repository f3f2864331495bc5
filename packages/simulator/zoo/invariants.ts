import type { Level } from '../src/world/plan.ts';

/** An invariant, and a bug that only it sees; or why there is none. */
export type SwitchedOff =
  | {
      readonly invariant: string;
      /** Name of a bug that is caught by this invariant, and slips through without it. */
      readonly bug: string;
      /** Others that see the same bug: off in both runs, so that it is this one that makes the difference. */
      readonly off?: readonly string[];
      readonly level?: Level;
    }
  | { readonly invariant: string; readonly reason: string };

export const invariantsToSwitchOff: readonly SwitchedOff[] = [];
