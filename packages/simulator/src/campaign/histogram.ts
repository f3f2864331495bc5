import * as z from 'zod';

/** How many seeds had each value. Histograms of parts add up exactly, as medians would not. */
export const histogramSchema = z.record(z.string().regex(/^\d+$/), z.number().int().positive());
export type Histogram = Readonly<Record<string, number>>;

/** Pairs of a value and how many seeds had it, smallest value first. */
function pairsOf(histogram: Histogram): readonly (readonly [value: number, count: number])[] {
  return Object.entries(histogram)
    .map(([value, count]) => [Number(value), count] as const)
    .sort(([one], [other]) => one - other);
}

/** The least value that at least this share of the seeds, 0 to 1, does not exceed; 0 when there is none. */
export function quantile(histogram: Histogram, share: number): number {
  const pairs = pairsOf(histogram);
  const wanted = Math.max(1, Math.ceil(share * pairs.reduce((sum, [, count]) => sum + count, 0)));
  let passed = 0;
  for (const [value, count] of pairs) {
    passed += count;
    if (passed >= wanted) return value;
  }
  return 0;
}

export function median(histogram: Histogram): number {
  return quantile(histogram, 0.5);
}

/** All values together. */
export function total(histogram: Histogram): number {
  return pairsOf(histogram).reduce((sum, [value, count]) => sum + value * count, 0);
}
