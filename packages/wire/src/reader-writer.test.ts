import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bytes, counter } from '../test/arbitraries.ts';
import { outcomeOf } from '../test/outcome.ts';
import { maxCounter, Reader, Writer } from './index.ts';

function written(write: (writer: Writer) => void): Uint8Array<ArrayBuffer> {
  const writer = new Writer();
  write(writer);
  return writer.finish();
}

describe('Writer and Reader', () => {
  test('bring everything through, whatever the capacity at the start', () => {
    const text = fc.string({ unit: 'grapheme' });
    const values = fc.record({
      u8: fc.integer({ min: 0, max: 0xff }),
      u16: fc.integer({ min: 0, max: 0xffff }),
      u32: fc.integer({ min: 0, max: 0xffff_ffff }),
      u53: counter,
      varint: counter,
      boolean: fc.boolean(),
      bytes,
      string: text,
      rest: bytes,
    });
    fc.assert(
      fc.property(fc.array(values, { minLength: 1, maxLength: 5 }), fc.nat({ max: 100 }), (list, capacity) => {
        const writer = new Writer(capacity);
        for (const value of list) {
          writer.u8(value.u8);
          writer.u16(value.u16);
          writer.u32(value.u32);
          writer.u53(value.u53);
          writer.varint(value.varint);
          writer.boolean(value.boolean);
          writer.bytes(value.bytes);
          writer.string(value.string);
          writer.u16(value.rest.length);
          writer.raw(value.rest);
        }
        const reader = new Reader(writer.finish());
        expect(reader.remaining).toBe(writer.length);
        for (const value of list) {
          const read = {
            u8: reader.u8(),
            u16: reader.u16(),
            u32: reader.u32(),
            u53: reader.u53(),
            varint: reader.varint(),
            boolean: reader.boolean(),
            bytes: reader.bytes(),
            string: reader.string(),
            rest: reader.raw(reader.u16()),
          };
          expect(read).toEqual(value);
        }
        expect(reader.offset).toBe(writer.length);
        reader.end();
      }),
    );
  });

  test.each([0, 127, 128, 16_383, 16_384, 2 ** 32, maxCounter])('bring %d through as a varint of as few bytes as it takes', (value) => {
    const encoded = written((writer) => writer.varint(value));
    expect(encoded.length).toBe(Math.max(1, Math.ceil(value.toString(2).length / 7)));
    expect(new Reader(encoded).varint()).toBe(value);
  });
});

describe('Writer', () => {
  test.each([-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53])('refuses to write %d', (value) => {
    const kinds = ['u8', 'u16', 'u32', 'u53', 'varint'] as const;
    for (const kind of kinds)
      expect(
        outcomeOf(() => new Writer()[kind](value)),
        kind,
      ).toEqual({ code: 'invalidArgument' });
  });

  test('refuses numbers that their field has no room for', () => {
    expect(outcomeOf(() => new Writer().u8(0x100))).toEqual({ code: 'invalidArgument' });
    expect(outcomeOf(() => new Writer().u16(0x1_0000))).toEqual({ code: 'invalidArgument' });
    expect(outcomeOf(() => new Writer().u32(2 ** 32))).toEqual({ code: 'invalidArgument' });
  });
});

describe('Reader', () => {
  test.each([
    ['a number above 2^53 − 1', [0, 0x20, 0, 0, 0, 0, 0, 0], (reader: Reader) => reader.u53()],
    ['the largest eight bytes as a number', [255, 255, 255, 255, 255, 255, 255, 255], (reader: Reader) => reader.u53()],
    ['2 as a boolean', [2], (reader: Reader) => reader.boolean()],
    ['a varint with a needless byte', [0x80, 0], (reader: Reader) => reader.varint()],
    ['a varint above 2^53 − 1', [255, 255, 255, 255, 255, 255, 255, 0x10], (reader: Reader) => reader.varint()],
    ['a varint without end', Array.from({ length: 30 }, () => 255), (reader: Reader) => reader.varint()],
    ['a varint that breaks off', [0x80], (reader: Reader) => reader.varint()],
    ['a length beyond the bytes', [2, 1], (reader: Reader) => reader.bytes()],
    ['a length of petabytes', [255, 255, 255, 255, 255, 255, 255, 0x0f, 1], (reader: Reader) => reader.bytes()],
    ['a length below zero', [1, 2, 3], (reader: Reader) => reader.raw(-1)],
    ['an overlong letter', [2, 0xc0, 0xaf], (reader: Reader) => reader.string()],
    ['half a surrogate pair', [3, 0xed, 0xa0, 0x80], (reader: Reader) => reader.string()],
    ['a letter that breaks off', [1, 0xe2], (reader: Reader) => reader.string()],
    ['bytes that nobody asked for', [1], (reader: Reader) => reader.end()],
    ['nothing at all', [], (reader: Reader) => reader.u8()],
  ])('refuses %s', (_, input, read) => {
    expect(outcomeOf(() => read(new Reader(Uint8Array.from(input))))).toEqual({ code: 'malformed' });
  });

  test('reads a varint only as Writer writes it', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 10 }), (noise) => {
        const input = Uint8Array.from(noise);
        const reader = new Reader(input);
        const outcome = outcomeOf(() => reader.varint());
        if ('value' in outcome) expect(written((writer) => writer.varint(outcome.value))).toEqual(input.slice(0, reader.offset));
      }),
    );
  });

  test('begins where it is told', () => {
    expect(new Reader(Uint8Array.of(1, 2, 3), 2).rest()).toEqual(Uint8Array.of(3));
    expect(outcomeOf(() => new Reader(Uint8Array.of(1), 5).u8())).toEqual({ code: 'malformed' });
  });
});
