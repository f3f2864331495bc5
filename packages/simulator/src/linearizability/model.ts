/** What one copy of an object does, one operation after the other. States, inputs and outputs are values: nothing changes them. */
export interface SequentialModel<State, Input, Output> {
  readonly init: State;
  /**
   * Does this operation, in this state, give this output, and which state does it leave? `output` undefined: nobody heard the answer, so every answer
   * fits. It never throws.
   */
  step(state: State, input: Input, output: Output | undefined): { readonly ok: boolean; readonly state: State };
  /** Two states with one key are the same state. */
  key(state: State): string;
  /** Operations on different parts never touch the same state, and each part begins with `init`: they are checked one by one. Default: one part. */
  partOf?(input: Input): string;
  /** For a reader. Default: as JSON. */
  describe?(input: Input, output: Output | undefined): string;
}
