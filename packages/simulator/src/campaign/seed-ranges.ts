import * as z from 'zod';

const seed = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);

/** Seeds from the first to the last, both included. */
export const seedRangeSchema = z.tuple([seed, seed]).refine(([first, last]) => first <= last, 'the first seed comes behind the last');
export type SeedRange = readonly [first: number, last: number];

export function countSeeds(ranges: readonly SeedRange[]): number {
  return ranges.reduce((sum, [first, last]) => sum + last - first + 1, 0);
}

/**
 * Sorted, and as few as possible.
 *
 * @throws RangeError when a seed is in two of them.
 */
export function joined(ranges: readonly SeedRange[]): readonly SeedRange[] {
  const sorted = [...ranges].sort(([one], [other]) => one - other);
  const whole: [number, number][] = [];
  for (const [first, last] of sorted) {
    const before = whole.at(-1);
    if (before !== undefined && first <= before[1])
      throw new RangeError(`seeds are there twice: ${describeRanges([[first, Math.min(before[1], last)]])}`);
    if (before !== undefined && first === before[1] + 1) before[1] = last;
    else whole.push([first, last]);
  }
  return whole;
}

/** What of a range is in none of these, which are sorted and don't overlap. */
export function missingFrom([first, last]: SeedRange, ranges: readonly SeedRange[]): readonly SeedRange[] {
  const gaps: SeedRange[] = [];
  let next = first;
  for (const [from, to] of ranges) {
    if (from > next) gaps.push([next, from - 1]);
    next = to + 1;
  }
  if (next <= last) gaps.push([next, last]);
  return gaps;
}

/** Part `shard` (from 1) of `shards` of a range: neighbours, and as many as in any other part, but for one. Undefined when a range is too short for it. */
export function shardOf([first, last]: SeedRange, shard: number, shards: number): SeedRange | undefined {
  const count = last - first + 1;
  const from = first + Math.floor((count * (shard - 1)) / shards);
  const to = first + Math.floor((count * shard) / shards) - 1;
  return from <= to ? [from, to] : undefined;
}

/** As one writes them: `1..20, 22, 30..31`. */
export function describeRanges(ranges: readonly SeedRange[], most = 6): string {
  const shown = ranges.slice(0, most).map(([first, last]) => (first === last ? `${first}` : `${first}..${last}`));
  return ranges.length > most ? `${shown.join(', ')} and ${ranges.length - most} more ranges` : shown.join(', ');
}
