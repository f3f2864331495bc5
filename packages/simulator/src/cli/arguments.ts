import { availableParallelism } from 'node:os';
import type { SeedRange } from '../campaign/seed-ranges.ts';
import { UsageError } from './exit-codes.ts';

/** `7` or `1..2000`. */
export function parseSeeds(text: string): SeedRange {
  const match = /^(\d+)(?:\.\.(\d+))?$/.exec(text.trim().replaceAll('_', ''));
  if (match === null) throw new UsageError(`--seeds takes one seed or a range, such as 1..2000, not ${JSON.stringify(text)}`);
  const first = Number(match[1]);
  const last = Number(match[2] ?? match[1]);
  if (!Number.isSafeInteger(first) || !Number.isSafeInteger(last)) throw new UsageError(`--seeds ${text}: seeds end at 2^53 - 1`);
  if (first > last) throw new UsageError(`--seeds ${text}: the first seed comes behind the last; did you mean ${last}..${first}?`);
  return [first, last];
}

/** One seed. */
export function parseSeed(text: string): number {
  return parseCount(text, '--seed');
}

/** A whole number. */
export function parseCount(text: string, option: string): number {
  const count = Number(text);
  if (!/^\d+$/.test(text.trim()) || !Number.isSafeInteger(count))
    throw new UsageError(`${option} takes a whole number from 0 on, not ${JSON.stringify(text)}`);
  return count;
}

export interface Shard {
  /** From 1. */
  readonly shard: number;
  readonly shards: number;
}

/** `3/100`: the third part of a hundred. */
export function parseShard(text: string): Shard {
  const match = /^(\d+)\/(\d+)$/.exec(text.trim());
  if (match === null) throw new UsageError(`--shard takes a part and the number of parts, such as 3/100, not ${JSON.stringify(text)}`);
  const shard = Number(match[1]);
  const shards = Number(match[2]);
  if (shards < 1) throw new UsageError(`--shard ${text}: there is no campaign of ${shards} parts`);
  if (shard < 1 || shard > shards) throw new UsageError(`--shard ${text}: parts are numbered from 1 to ${shards}`);
  return { shard, shards };
}

/** What goes only with some of the options that say what to do. */
const companions: Readonly<Record<string, readonly string[]>> = {
  jobs: ['seeds'],
  shard: ['seeds'],
  json: ['seeds'],
  failures: ['seeds', 'seed'],
  seconds: ['shrink'],
  runs: ['shrink'],
  trace: ['seed', 'replay'],
  ndjson: ['seed', 'replay'],
};

/**
 * Refuses an option that would be ignored.
 *
 * @param chosen what to do, if anything was said
 * @param typed the names of all options
 */
export function refuseIgnored(chosen: string | undefined, typed: readonly string[]): void {
  for (const option of typed) {
    const ways = companions[option];
    if (ways === undefined || (chosen !== undefined && ways.includes(chosen))) continue;
    throw new UsageError(`--${option} goes with ${ways.map((way) => `--${way}`).join(' or ')}`);
  }
}

/** How many seeds run at once; without a number, as many as there are cores. */
export function parseJobs(text: string | undefined): number {
  if (text === undefined) return availableParallelism();
  const jobs = Number(text);
  if (!/^\d+$/.test(text.trim()) || jobs < 1 || jobs > 512)
    throw new UsageError(`--jobs takes a whole number from 1 to 512, not ${JSON.stringify(text)}`);
  return jobs;
}
