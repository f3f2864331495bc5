import type { Level } from '../src/world/plan.ts';

/** A change of one place in a source: the text that stands there, exactly once, and what a bug puts in its stead. */
export interface Change {
  /** From the root of the workspace. */
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

/** What the bug needs and the project does not have yet. */
export type Feature = 'membership changes' | 'joint consensus' | 'learners' | 'leadership transfer' | 'sessions' | 'leases' | 'many groups';

/** A simulated history of some seed sees it. */
export interface SeenBySeeds {
  /** The invariants that may be the first to see it. */
  readonly seeds: readonly string[];
  /** These are switched off, since they see the cause: the effect must be seen too. */
  readonly off?: readonly string[];
  /** At this level only: where the code in question runs at all. Missing: the mix of a campaign. */
  readonly level?: Level;
}

/** Who sees a bug. */
export type CaughtBy =
  | SeenBySeeds
  | { readonly scenario: string }
  /** A test file, from the root; `name` is a part of the name of a test that must fail. */
  | { readonly test: string; readonly name?: string }
  /** It is no bug in this design, and why. */
  | { readonly equivalent: string }
  | { readonly waitsFor: Feature };

/** A bug that somebody had, brought back: see the catalogue of bugs. */
export interface Bug {
  /** In the catalogue. Several forms of one bug share it. */
  readonly id: string;
  /** Unique. */
  readonly name: string;
  /** Who had it, or what says that it must not be. */
  readonly source?: string;
  /** Empty where it can't be written yet, or need not. */
  readonly changes: readonly Change[];
  readonly caughtBy: CaughtBy;
}

/** The simplest bug: one change in one place. */
export function change(file: string, find: string, replace: string): { readonly changes: readonly Change[] } {
  return { changes: [{ file, find, replace }] };
}

/** A bug of a feature that is not there yet. */
export function waiting(id: string, name: string, waitsFor: Feature): Bug {
  return { id, name, changes: [], caughtBy: { waitsFor } };
}

/** How a bug is caught, in one word. */
export function kindOf({ caughtBy }: Bug): 'seeds' | 'scenario' | 'test' | 'equivalent' | 'waits' {
  if ('seeds' in caughtBy) return 'seeds';
  if ('scenario' in caughtBy) return 'scenario';
  if ('test' in caughtBy) return 'test';
  return 'equivalent' in caughtBy ? 'equivalent' : 'waits';
}
