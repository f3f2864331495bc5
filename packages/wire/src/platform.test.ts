import { crc32 as zlibCrc32 } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { outcomeOf } from '../test/outcome.ts';
import { crc32ByTable } from './crc32-table.ts';
import { crc32, decodeUtf8, encodeUtf8 } from './index.ts';
import { crc32Range } from './platform.ts';

const seed = fc.integer({ min: 0, max: 0xffff_ffff });
const data = fc.oneof(fc.uint8Array({ maxLength: 40 }), fc.uint8Array({ maxLength: 1000 }));

describe('the checksum', () => {
  test('is that of node:zlib, with and without a seed', () => {
    fc.assert(
      fc.property(data, seed, (bytes, value) => {
        expect(crc32(bytes)).toBe(zlibCrc32(bytes));
        expect(crc32(bytes, value)).toBe(zlibCrc32(bytes, value));
      }),
    );
  });

  test('has the published check value', () => {
    expect(crc32(encodeUtf8('123456789'))).toBe(0xcbf43926);
  });

  test('is the same by our own table, over any part of the bytes', () => {
    fc.assert(
      fc.property(data, seed, fc.nat(), fc.nat(), (bytes, value, one, other) => {
        const [start = 0, end = 0] = [one % (bytes.length + 1), other % (bytes.length + 1)].sort((a, b) => a - b);
        const expected = zlibCrc32(bytes.subarray(start, end), value);
        expect(crc32ByTable(bytes, { seed: value, start, end })).toBe(expected);
        expect(crc32Range(bytes, { seed: value, start, end })).toBe(expected);
      }),
    );
  });

  test('of two parts, one after the other, is that of the whole', () => {
    fc.assert(
      fc.property(data, data, (first, second) => {
        expect(crc32(second, crc32(first))).toBe(crc32(Uint8Array.from([...first, ...second])));
      }),
    );
  });
});

describe('UTF-8', () => {
  test('brings any well-formed text through, a byte-order mark too', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(decodeUtf8(encodeUtf8(text))).toBe(text);
      }),
    );
    expect(decodeUtf8(encodeUtf8('\ufeffx'))).toBe('\ufeffx');
  });

  test('refuses text that it would have to change', () => {
    expect(outcomeOf(() => encodeUtf8('a\ud800b'))).toEqual({ code: 'invalidArgument' });
    expect(outcomeOf(() => encodeUtf8('\udc00'))).toEqual({ code: 'invalidArgument' });
  });

  test('refuses bytes that are none, and takes them only in one spelling', () => {
    expect(outcomeOf(() => decodeUtf8(Uint8Array.of(0xff)))).toEqual({ code: 'malformed' });
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 12 }), (bytes) => {
        const outcome = outcomeOf(() => decodeUtf8(bytes));
        if ('value' in outcome) expect(encodeUtf8(outcome.value)).toEqual(Uint8Array.from(bytes));
        else expect(outcome.code).toBe('malformed');
      }),
    );
  });
});
