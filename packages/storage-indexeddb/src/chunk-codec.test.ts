import { type Entry, encodeEntry } from '@raft/wire';
import { describe, expect, test } from 'vitest';
import { chunksOf, entriesIn, maxChunkBytes, shortened } from './chunk-codec.ts';

function entriesOf(from: number, to: number, bytes = 20): Entry[] {
  return Array.from({ length: to - from + 1 }, (_, at) =>
    encodeEntry({ index: from + at, term: 2, kind: 'command', data: new Uint8Array(bytes).fill(at) }),
  );
}

describe('a chunk', () => {
  test('holds the entries of a batch in a buffer of exactly its size', () => {
    const entries = entriesOf(5, 9);
    const [chunk, ...others] = chunksOf(entries);
    expect(others).toEqual([]);
    expect(chunk?.first).toBe(5);
    expect(chunk?.bytes.buffer.byteLength).toBe(chunk?.bytes.length);
    expect([...entriesIn(chunk?.bytes, 5)]).toEqual(entries);
  });

  test('is one of several when the entries are large, and none is split', () => {
    const entries = [...entriesOf(1, 3, 400_000), ...entriesOf(4, 4, 2 * maxChunkBytes), ...entriesOf(5, 6)];
    const chunks = chunksOf(entries);
    expect(chunks.map(({ first }) => first)).toEqual([1, 3, 4, 5]);
    expect(chunks.flatMap(({ first, bytes }) => [...entriesIn(bytes, first)])).toEqual(entries);
    expect(chunksOf([])).toEqual([]);
  });

  test('is cut between two entries', () => {
    const entries = entriesOf(5, 9);
    const { bytes } = shortened(chunksOf(entries)[0]?.bytes, 5, 7);
    expect([...entriesIn(bytes, 5)]).toEqual(entries.slice(0, 3));
    expect(bytes.buffer.byteLength).toBe(bytes.length);
  });

  test('with any byte flipped, cut short, or under another key is refused', () => {
    const bytes = chunksOf(entriesOf(5, 7))[0]?.bytes ?? new Uint8Array(0);
    const read = (value: unknown, first = 5) => [...entriesIn(value, first)];
    for (let at = 0; at < bytes.length; at += 1) {
      const flipped = bytes.slice();
      flipped[at] = (flipped[at] ?? 0) ^ 1;
      expect(() => read(flipped), `byte ${at}`).toThrow(expect.objectContaining({ code: 'malformed' }));
    }
    expect(() => read(bytes.subarray(0, bytes.length - 1))).toThrow();
    expect(() => read(bytes, 4)).toThrow(/entry 5/);
    expect(() => read('text')).toThrow(/bytes/);
    expect(() => read(new Uint8Array(0))).toThrow(/bytes/);
  });
});
