import type { Runner } from '../src/index.ts';

/** A runner that keeps the tests for later. */
export interface Recorder extends Runner {
  /** Names of the tests that failed, each with its reason; with `onlyFirst` it stops at the first. */
  run(options?: { readonly onlyFirst?: boolean }): Promise<string[]>;
}

export function recorder(): Recorder {
  const tests: { readonly name: string; readonly body: () => void | Promise<void> }[] = [];
  return {
    describe: (_name, body) => body(),
    test: (name, body) => tests.push({ name, body }),
    async run({ onlyFirst = false } = {}) {
      const failures: string[] = [];
      for (const { name, body } of tests) {
        try {
          await body();
        } catch (error) {
          failures.push(`${name}: ${error instanceof Error ? error.message : String(error)}`);
          if (onlyFirst) break;
        }
      }
      return failures;
    },
  };
}
