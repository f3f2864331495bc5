/**
 * The part of a test framework that a suite needs: vitest's, `node:test`'s or Jest's `{ describe, test }` fit as they
 * are. It is passed in, so that this package depends on none of them.
 */
export interface Runner {
  describe(name: string, body: () => void): void;
  /** A body that throws or rejects fails its test. */
  test(name: string, body: () => void | Promise<void>): void;
}
