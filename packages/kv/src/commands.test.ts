import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeCommand, encodeCommand, type KvCommand, keySchema, maxCommandOverheadBytes, maxKeyBytes } from './commands.ts';

const key = fc.string({ unit: 'binary', minLength: 1, maxLength: 200 });
const value = fc.uint8Array({ maxLength: 3000 }).map((bytes) => new Uint8Array(bytes));
const expected = fc.oneof(fc.constant(null), fc.constant('present' as const), fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }));
const command: fc.Arbitrary<KvCommand> = fc.oneof(
  fc.record({ type: fc.constant('put' as const), key, value, expected }, { requiredKeys: ['type', 'key', 'value'] }),
  fc.record({ type: fc.constant('delete' as const), key, expected }, { requiredKeys: ['type', 'key'] }),
);

function codeOf(run: () => unknown): string | undefined {
  try {
    run();
    return undefined;
  } catch (error) {
    return (error as { code?: string }).code;
  }
}

describe('the command codec', () => {
  test('gives back every command that it encoded', () => {
    void fc.assert(
      fc.property(command, (given) => {
        expect(decodeCommand(encodeCommand(given))).toEqual(given);
      }),
    );
  });

  test('adds no more bytes to a value than it says', () => {
    void fc.assert(
      fc.property(command, (given) => {
        const valueBytes = given.type === 'put' ? given.value.length : 0;
        expect(encodeCommand(given).length - valueBytes).toBeLessThanOrEqual(maxCommandOverheadBytes);
      }),
    );
    const longest = encodeCommand({ type: 'delete', key: 'k'.repeat(maxKeyBytes), expected: Number.MAX_SAFE_INTEGER });
    expect(longest.length).toBeLessThanOrEqual(maxCommandOverheadBytes);
  });

  test('survives arbitrary bytes: a command or a typed error', () => {
    const bytes = fc.uint8Array({ maxLength: 100 }).map((array) => new Uint8Array(array));
    void fc.assert(
      fc.property(bytes, (given) => {
        const code = codeOf(() => decodeCommand(given));
        expect([undefined, 'malformed', 'unsupportedVersion']).toContain(code);
      }),
      { numRuns: 1000 },
    );
  });

  test('survives every flipped byte and every cut of a command', () => {
    const whole = encodeCommand({ type: 'put', key: 'käse', value: new Uint8Array([1, 2, 3]), expected: 300 });
    for (let at = 0; at < whole.length; at++) {
      for (const flip of [0x01, 0x80, 0xff]) {
        const bytes = whole.slice();
        bytes[at] = (bytes[at] ?? 0) ^ flip;
        expect([undefined, 'malformed', 'unsupportedVersion']).toContain(codeOf(() => decodeCommand(bytes)));
      }
      expect([undefined, 'malformed']).toContain(codeOf(() => decodeCommand(whole.slice(0, at + 1))));
    }
  });

  test('names a version that it does not know', () => {
    const bytes = encodeCommand({ type: 'delete', key: 'k' });
    bytes[0] = 2;
    expect(() => decodeCommand(bytes)).toThrow(expect.objectContaining({ code: 'unsupportedVersion' }));
  });

  test('refuses to encode what breaks the schema', () => {
    const bad: unknown[] = [
      { type: 'put', key: '', value: new Uint8Array() },
      { type: 'put', key: 'k', value: 'text' },
      { type: 'put', key: 'k', value: new Uint8Array(), expected: 0 },
      { type: 'put', key: 'k', value: new Uint8Array(), expected: 'absent' },
      { type: 'delete', key: 'k', value: new Uint8Array() },
      { type: 'increment', key: 'k' },
    ];
    for (const given of bad) expect(codeOf(() => encodeCommand(given as KvCommand))).toBe('invalidArgument');
  });
});

describe('a key', () => {
  test('has up to 1024 bytes in UTF-8, however many characters these are', () => {
    expect(keySchema.safeParse('a'.repeat(1024)).success).toBe(true);
    expect(keySchema.safeParse('a'.repeat(1025)).success).toBe(false);
    expect(keySchema.safeParse('ä'.repeat(512)).success).toBe(true);
    expect(keySchema.safeParse('ä'.repeat(513)).success).toBe(false);
    expect(keySchema.safeParse('😀'.repeat(257)).success).toBe(false);
  });

  test('must be well-formed Unicode', () => {
    expect(keySchema.safeParse('\ud800').success).toBe(false);
    expect(keySchema.safeParse('😀').success).toBe(true);
  });
});
