/** A broken invariant, by its number in the list of invariants (I01 … I22) or a word. */
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
