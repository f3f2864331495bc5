/** What a broken expectation of a suite throws: any test framework counts it as a failure. */
export class ConformanceError extends Error {
  override readonly name = 'ConformanceError';
}

/** Fails the test unless the condition holds. */
export function assertTrue(condition: boolean, expectation: string): asserts condition {
  if (!condition) throw new ConformanceError(expectation);
}

/** Fails the test unless both are equal in depth: plain objects, arrays and bytes; a missing key equals an undefined one. */
export function assertEqual(actual: unknown, expected: unknown, expectation: string): void {
  if (!isEqual(actual, expected)) throw new ConformanceError(`${expectation}: expected ${show(expected)}, got ${show(actual)}`);
}

/** Fails the test unless the promise rejects with an error whose `code` is one of these; gives the error back. */
export async function assertRejects(promise: Promise<unknown>, codes: string | readonly string[], expectation: string): Promise<unknown> {
  const wanted = typeof codes === 'string' ? [codes] : codes;
  let value: unknown;
  try {
    value = await promise;
  } catch (error) {
    const code = codeOf(error);
    if (code === undefined || !wanted.includes(code)) {
      throw new ConformanceError(`${expectation}: expected a rejection with ${wanted.join(' or ')}, got ${String(error)} (code ${code})`, {
        cause: error,
      });
    }
    return error;
  }
  throw new ConformanceError(`${expectation}: expected a rejection with ${wanted.join(' or ')}, but it resolved with ${show(value)}`);
}

function codeOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

function isEqual(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (a instanceof Uint8Array || b instanceof Uint8Array) return a instanceof Uint8Array && b instanceof Uint8Array && isSameBytes(a, b);
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const left = new Map<string, unknown>(Object.entries(a));
  const right = new Map<string, unknown>(Object.entries(b));
  if (Array.isArray(a) && left.size !== right.size) return false;
  return [...new Set([...left.keys(), ...right.keys()])].every((key) => isEqual(left.get(key), right.get(key)));
}

function isSameBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  // A plain loop: suites compare megabytes.
  for (let index = 0; index < a.length; index += 1) if (a[index] !== b[index]) return false;
  return true;
}

const maxShown = 500;

function show(value: unknown): string {
  if (value === undefined) return 'undefined';
  const text = JSON.stringify(value, (_key, part: unknown) =>
    part instanceof Uint8Array ? `bytes[${part.length}] ${part.slice(0, 32).join(' ')}` : part,
  );
  return text.length > maxShown ? `${text.slice(0, maxShown)}…` : text;
}
