import { describe, expect, test } from 'vitest';
import { ChunkIndex } from './chunk-index.ts';

/** Chunks of these counts of entries from `first` on, 10 bytes an entry. */
function indexOf(first: number, counts: readonly number[]): ChunkIndex {
  const index = new ChunkIndex();
  index.reset(first - 1);
  let next = first;
  for (const count of counts) {
    index.append({ first: next, last: next + count - 1, bytes: count * 10 });
    next += count;
  }
  return index;
}

describe('the index of chunks', () => {
  const index = indexOf(4, [3, 1, 5]); // 4–6, 7, 8–12

  test('knows both ends of the log', () => {
    expect([index.firstIndex, index.lastIndex]).toEqual([4, 12]);
    const empty = indexOf(8, []);
    expect([empty.firstIndex, empty.lastIndex]).toEqual([8, 7]);
  });

  test.each([
    [0, { deleteFrom: 4, shorten: undefined }],
    [4, { deleteFrom: 7, shorten: 4 }],
    [6, { deleteFrom: 7, shorten: undefined }],
    [9, { deleteFrom: undefined, shorten: 8 }],
    [12, { deleteFrom: undefined, shorten: undefined }],
    [Number.POSITIVE_INFINITY, { deleteFrom: undefined, shorten: undefined }],
  ])('keeps entries through %d', (through, plan) => {
    expect(index.planCut(through)).toEqual(plan);
  });

  test('goes on behind a cut', () => {
    const cut = indexOf(1, [5, 5]);
    cut.cut(3, 30);
    cut.append({ first: 4, last: 4, bytes: 10 });
    expect([cut.firstIndex, cut.lastIndex]).toEqual([1, 4]);
    expect(cut.planCut(2)).toEqual({ deleteFrom: 4, shorten: 1 });
    cut.cut(9, undefined);
    expect(cut.lastIndex).toBe(4);
  });

  test.each([
    [3, undefined],
    [5, undefined],
    [6, 4],
    [7, 7],
    [11, 7],
    [12, 8],
    [99, 8],
  ])('compacts whole chunks up to %d', (through, key) => {
    expect(index.planCompaction(through)).toBe(key);
  });

  test('begins behind what was compacted', () => {
    const compacted = indexOf(1, [5, 5, 2]);
    compacted.compact(6);
    expect([compacted.firstIndex, compacted.lastIndex]).toEqual([11, 12]);
    compacted.compact(11);
    expect([compacted.firstIndex, compacted.lastIndex]).toEqual([13, 12]);
  });

  test.each([
    [
      { from: 4, to: 99, maxBytes: 1000 },
      { first: 4, last: 8 },
    ],
    [
      { from: 5, to: 6, maxBytes: 1000 },
      { first: 4, last: 4 },
    ],
    [
      { from: 5, to: 7, maxBytes: 1000 },
      { first: 4, last: 7 },
    ],
    [
      { from: 6, to: 99, maxBytes: 0 },
      { first: 4, last: 4 },
    ],
    [
      { from: 6, to: 99, maxBytes: 10 },
      { first: 4, last: 7 },
    ],
    [
      { from: 6, to: 99, maxBytes: 11 },
      { first: 4, last: 8 },
    ],
    [
      { from: 12, to: 12, maxBytes: 1 },
      { first: 8, last: 8 },
    ],
    [{ from: 13, to: 99, maxBytes: 1 }, undefined],
    [{ from: 3, to: 99, maxBytes: 1 }, undefined],
    [{ from: 6, to: 5, maxBytes: 1 }, undefined],
  ])('loads for %j', (range, keys) => {
    expect(index.keysFor(range)).toEqual(keys);
  });
});
