import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bytes, entryFields } from '../test/arbitraries.ts';
import { outcomeOf } from '../test/outcome.ts';
import { rawEntry } from '../test/raw-frame.ts';
import { decodeEntry, encodeEntry, entryData, entryHeaderBytes, maxEntryDataBytes } from './index.ts';

describe('an entry', () => {
  test('decodes to what it was encoded from, wherever it stands', () => {
    fc.assert(
      fc.property(entryFields, bytes, bytes, (fields, before, behind) => {
        const entry = encodeEntry(fields);
        const all = Uint8Array.from([...before, ...entry.bytes, ...behind]);
        const decoded = decodeEntry(all, before.length);
        expect(decoded).toEqual(entry);
        expect(entryData(decoded)).toEqual(fields.data);
      }),
    );
  });

  test('has the documented layout', () => {
    fc.assert(
      fc.property(entryFields, ({ index, term, time, kind, data }) => {
        const codes = { command: 1, noop: 2, configuration: 3 };
        const raw = rawEntry({ index: BigInt(index), term: BigInt(term), time: BigInt(time), kind: codes[kind], data });
        expect(encodeEntry({ index, term, time, kind, data }).bytes).toEqual(raw);
      }),
    );
  });

  test('has time 0 unless another is given', () => {
    expect(encodeEntry({ index: 1, term: 1, kind: 'noop', data: new Uint8Array(0) }).time).toBe(0);
  });

  test('copies the data that it is made of', () => {
    const data = Uint8Array.of(1, 2, 3);
    const entry = encodeEntry({ index: 1, term: 1, kind: 'command', data });
    data.fill(9);
    expect(entryData(entry)).toEqual(Uint8Array.of(1, 2, 3));
  });

  test('shares no byte with any other, small or large', () => {
    const made = Array.from({ length: 300 }, (_, position) =>
      encodeEntry({ index: position + 1, term: 1, kind: 'command', data: new Uint8Array((position * 97) % 12_000).fill(position) }),
    );
    made.forEach((entry, position) => {
      expect(decodeEntry(entry.bytes, 0).index).toBe(position + 1);
      expect(entryData(entry).every((byte) => byte === (position & 0xff))).toBe(true);
    });
  });

  test('is decoded without a copy, as a plain Uint8Array even from a Node Buffer', () => {
    const buffer = Buffer.from(encodeEntry({ index: 7, term: 2, kind: 'command', data: Uint8Array.of(1, 2, 3) }).bytes);
    const entry = decodeEntry(buffer, 0);
    expect(entry.bytes.buffer).toBe(buffer.buffer);
    expect(entry.bytes.constructor).toBe(Uint8Array);
    expect(entryData(entry).buffer).toBe(buffer.buffer);
  });

  test.each([
    ['index 0', { index: 0 }],
    ['a fraction as index', { index: 1.5 }],
    ['an index above 2^53 − 1', { index: 2 ** 53 }],
    ['term 0', { term: 0 }],
    ['a term that is no number', { term: Number.NaN }],
    ['a time before 0', { time: -1 }],
  ])('is not made with %s', (_, wrong) => {
    const fields = { index: 1, term: 1, kind: 'command' as const, data: new Uint8Array(0), ...wrong };
    expect(outcomeOf(() => encodeEntry(fields))).toEqual({ code: 'invalidArgument' });
  });

  test('is not made of more data than fits into a frame', () => {
    const data = new Uint8Array(maxEntryDataBytes + 1);
    expect(outcomeOf(() => encodeEntry({ index: 1, term: 1, kind: 'command', data }))).toEqual({ code: 'tooLarge' });
  });
});

describe('the decoder of entries', () => {
  test('finds every flipped bit', () => {
    const { bytes: good } = encodeEntry({ index: 5, term: 3, kind: 'command', time: 9, data: Uint8Array.of(1, 2, 3, 4, 5) });
    for (let bit = 0; bit < good.length * 8; bit += 1) {
      const bad = Uint8Array.from(good);
      bad[bit >> 3] = (bad[bit >> 3] as number) ^ (1 << (bit & 7));
      expect(
        outcomeOf(() => decodeEntry(bad, 0)),
        `bit ${bit}`,
      ).toEqual({ code: 'malformed' });
    }
  });

  test('finds every truncation', () => {
    const { bytes: good } = encodeEntry({ index: 5, term: 3, kind: 'command', data: Uint8Array.of(1, 2, 3, 4, 5) });
    for (let length = 0; length < good.length; length += 1) {
      expect(
        outcomeOf(() => decodeEntry(good.slice(0, length), 0)),
        `${length} bytes`,
      ).toEqual({ code: 'malformed' });
    }
  });

  test.each([
    ['index 0', rawEntry({ index: 0n }), 'malformed'],
    ['term 0', rawEntry({ term: 0n }), 'malformed'],
    ['an index of 2^53', rawEntry({ index: 2n ** 53n }), 'malformed'],
    ['an index of 2^64 − 1', rawEntry({ index: 2n ** 64n - 1n }), 'malformed'],
    ['a term of 2^53', rawEntry({ term: 2n ** 53n }), 'malformed'],
    ['a time of 2^53', rawEntry({ time: 2n ** 53n }), 'malformed'],
    ['kind 0', rawEntry({ kind: 0 }), 'malformed'],
    ['kind 4', rawEntry({ kind: 4 }), 'malformed'],
    ['a flag', rawEntry({ flags: 1 }), 'malformed'],
    ['a length beyond the bytes', rawEntry({ length: 1 }), 'malformed'],
    ['a length beyond the limit', rawEntry({ length: maxEntryDataBytes + 1 }), 'tooLarge'],
    ['a length of 4 GiB', rawEntry({ length: 0xffff_ffff }), 'tooLarge'],
    ['nothing but zeros, as a fresh disk has', new Uint8Array(4096), 'malformed'],
  ])('refuses %s although the checksums are right', (_, raw, code) => {
    expect(outcomeOf(() => decodeEntry(raw, 0))).toEqual({ code });
  });

  test('takes the largest index, term and time', () => {
    const max = BigInt(Number.MAX_SAFE_INTEGER);
    const entry = decodeEntry(rawEntry({ index: max, term: max, time: max }), 0);
    expect(entry).toMatchObject({ index: Number.MAX_SAFE_INTEGER, term: Number.MAX_SAFE_INTEGER, time: Number.MAX_SAFE_INTEGER });
    expect(entry.bytes.length).toBe(entryHeaderBytes);
  });

  test('answers arbitrary bytes with a typed error', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), fc.nat({ max: 120 }), (noise, offset) => {
        expect(outcomeOf(() => decodeEntry(Uint8Array.from(noise), offset))).toEqual({ code: 'malformed' });
      }),
    );
  });
});
