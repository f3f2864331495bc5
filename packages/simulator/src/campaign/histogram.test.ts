import { describe, expect, test } from 'vitest';
import { median, quantile, total } from './histogram.ts';

/** What stands at this share of a sorted list. */
function slowQuantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.max(1, Math.ceil(share * sorted.length)) - 1] ?? 0;
}

function histogramOf(values: readonly number[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const value of values) counts[value] = (counts[value] ?? 0) + 1;
  return counts;
}

describe('a histogram', () => {
  test('has the quantiles of the list that it was made of', () => {
    for (const values of [[5], [1, 2], [3, 1, 2], [9, 9, 9, 1], [0, 0, 7], [120, 20, 3, 100, 5, 20]]) {
      for (const share of [0, 0.1, 0.5, 0.9, 1])
        expect(quantile(histogramOf(values), share), `${values} at ${share}`).toBe(slowQuantile(values, share));
    }
  });

  test('sorts by number, not by digit', () => {
    expect(median({ '9': 1, '10': 1, '100': 1 })).toBe(10);
  });

  test('of nothing has the median 0', () => {
    expect(median({})).toBe(0);
  });

  test('has the sum of its list', () => {
    expect(total({ '3': 2, '10': 1 })).toBe(16);
  });
});
