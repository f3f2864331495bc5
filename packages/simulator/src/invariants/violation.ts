/** A broken invariant, by its id in the table of invariants. */
export class Violation extends Error {
  readonly invariant: string;

  constructor(invariant: string, text: string) {
    super(`${invariant}: ${text}`);
    this.invariant = invariant;
  }
}

export function demand(holds: boolean, invariant: string, text: () => string): asserts holds {
  if (!holds) throw new Violation(invariant, text());
}

/** For checks of every event: the text is built only once the condition was found broken, and nothing is allocated before. */
export function broken(invariant: string, text: string): never {
  throw new Violation(invariant, text);
}
