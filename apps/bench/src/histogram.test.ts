import { describe, expect, test } from 'vitest';
import { Histogram } from './histogram.ts';

function percentileOfSorted(sorted: readonly number[], share: number): number {
  return sorted[Math.max(1, Math.ceil(share * sorted.length)) - 1] ?? 0;
}

describe('Histogram', () => {
  test('an empty one says zero', () => {
    expect(new Histogram().summary()).toEqual({ count: 0, meanMs: 0, p50Ms: 0, p90Ms: 0, p99Ms: 0, maxMs: 0 });
  });

  test('a single duration is every percentile', () => {
    const histogram = new Histogram();
    histogram.record(3.5);
    expect(histogram.summary()).toEqual({ count: 1, meanMs: 3.5, p50Ms: 3.5, p90Ms: 3.5, p99Ms: 3.5, maxMs: 3.5 });
  });

  test('small durations are exact to a tenth of a microsecond', () => {
    const histogram = new Histogram();
    for (let tenths = 1; tenths <= 60; tenths += 1) histogram.record(tenths / 10_000);
    expect(histogram.percentileMs(0.5)).toBe(0.003);
    expect(histogram.percentileMs(1)).toBe(0.006);
  });

  test.each([0.001, 0.5, 0.9, 0.99, 0.999, 1])('share %d is never below the true percentile and at most 1/64 above', (share) => {
    const histogram = new Histogram();
    const values = Array.from({ length: 5000 }, (_, i) => 0.01 * 1.0025 ** ((i * 7919) % 5000));
    for (const value of values) histogram.record(value);
    const exact = percentileOfSorted(
      values.toSorted((a, b) => a - b),
      share,
    );
    expect(histogram.percentileMs(share)).toBeGreaterThanOrEqual(exact - 0.0001);
    expect(histogram.percentileMs(share)).toBeLessThanOrEqual(exact * (1 + 1 / 64) + 0.0001);
  });

  test('durations of minutes still count', () => {
    const histogram = new Histogram();
    histogram.record(600_000);
    expect(histogram.summary()).toMatchObject({ count: 1, maxMs: 600_000 });
    expect(histogram.percentileMs(0.5)).toBeGreaterThan(200_000);
  });
});
