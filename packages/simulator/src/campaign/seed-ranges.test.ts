import { describe, expect, test } from 'vitest';
import { countSeeds, describeRanges, joined, missingFrom, shardOf } from './seed-ranges.ts';

describe('ranges of seeds', () => {
  test('are joined where they touch', () => {
    expect(
      joined([
        [5, 6],
        [1, 2],
        [3, 4],
        [9, 9],
      ]),
    ).toEqual([
      [1, 6],
      [9, 9],
    ]);
  });

  test('are refused when a seed is in two of them', () => {
    expect(() =>
      joined([
        [1, 5],
        [5, 9],
      ]),
    ).toThrow('seeds are there twice: 5');
    expect(() =>
      joined([
        [1, 9],
        [3, 4],
      ]),
    ).toThrow('seeds are there twice: 3..4');
  });

  test('leave gaps, which are named', () => {
    expect(
      missingFrom(
        [1, 10],
        [
          [2, 3],
          [6, 9],
        ],
      ),
    ).toEqual([
      [1, 1],
      [4, 5],
      [10, 10],
    ]);
    expect(missingFrom([1, 10], [[1, 10]])).toEqual([]);
    expect(
      describeRanges([
        [1, 1],
        [4, 5],
      ]),
    ).toBe('1, 4..5');
  });

  test('are told shortly when there are many', () => {
    expect(
      describeRanges(
        [
          [1, 1],
          [3, 3],
          [5, 5],
        ],
        2,
      ),
    ).toBe('1, 3 and 1 more ranges');
  });
});

describe('the parts of a range', () => {
  test('hold each seed once, and differ by one seed at most', () => {
    for (const [last, shards] of [
      [10, 3],
      [100, 7],
      [5, 5],
      [2000, 100],
      [7, 1],
    ] as const) {
      const parts = Array.from({ length: shards }, (_, at) => shardOf([1, last], at + 1, shards)).filter((part) => part !== undefined);
      expect(joined(parts)).toEqual([[1, last]]);
      const sizes = parts.map((part) => countSeeds([part]));
      expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
    }
  });

  test('are empty when there are more parts than seeds', () => {
    const parts = Array.from({ length: 5 }, (_, at) => shardOf([1, 2], at + 1, 5));
    expect(parts.filter((part) => part === undefined)).toHaveLength(3);
  });
});
