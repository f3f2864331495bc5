// Runs in a page.

/** What declares tests with a runner like vitest's. */
export type DeclareTests = (runner: {
  describe(name: string, body: () => void): void;
  test(name: string, body: () => void | Promise<void>): void;
}) => void;

declare global {
  /** Runs a test of this page by its full name; gives the failure, if it failed. */
  var runTest: (fullName: string) => Promise<string | undefined>;
}

/** Makes this page run the tests that `declare` declares, when it is asked to. */
export function exposeTests(declare: DeclareTests): void {
  const tests = new Map<string, () => void | Promise<void>>();
  const path: string[] = [];
  declare({
    describe: (name, body) => {
      path.push(name);
      body();
      path.pop();
    },
    test: (name, body) => tests.set([...path, name].join(' > '), body),
  });
  globalThis.runTest = async (fullName) => {
    const body = tests.get(fullName);
    if (!body) return `this page has no test ${fullName}`;
    try {
      await body();
      return undefined;
    } catch (error) {
      return error instanceof Error ? (error.stack ?? error.message) : String(error);
    }
  };
}
