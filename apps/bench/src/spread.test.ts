import { describe, expect, test } from 'vitest';
import { median, spread } from './spread.ts';

describe('median', () => {
  test('is the middle of an odd number of values, in whatever order they come', () => {
    expect(median([9, 1, 5])).toBe(5);
  });
  test('is the mean of the middle two of an even number', () => {
    expect(median([4, 1, 3, 10])).toBe(3.5);
  });
  test('of one value is that value', () => {
    expect(median([7])).toBe(7);
  });
  test('of nothing is not a number', () => {
    expect(median([])).toBeNaN();
  });
  test('sorts by value, not by text', () => {
    expect(median([10, 9, 100])).toBe(10);
  });
});

describe('spread', () => {
  test('names median, least and greatest', () => {
    expect(spread([3, 1, 2])).toEqual({ median: 2, min: 1, max: 3 });
  });
  test('of nothing is not a number', () => {
    expect(spread([])).toEqual({ median: Number.NaN, min: Number.NaN, max: Number.NaN });
  });
});
