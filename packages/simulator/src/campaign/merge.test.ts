import { describe, expect, test } from 'vitest';
import { judge } from './judge.ts';
import { mergeSummaries, parseSummary } from './merge.ts';
import { type SeedRange, shardOf } from './seed-ranges.ts';
import { type SeedResult, type Summary, Tally } from './summary.ts';

/** A seed that nobody ran, with figures that tell it from others. */
function resultOf(seed: number, change: Partial<SeedResult> = {}): SeedResult {
  return {
    seed,
    hash: Math.imul(seed, 0x9e3779b1) >>> 0,
    events: 1000 + seed,
    simulatedUs: 60_000_000 + seed,
    faults: 15 + (seed % 20),
    elections: 4 + (seed % 7),
    acknowledged: 150 + (seed % 200),
    stats: { crashes: seed % 5, writes: 100 },
    marks: seed % 10 === 0 ? { rare: 1, common: 3 } : { common: 2 },
    profile: seed % 2 === 0 ? 'mix' : 'disk',
    level: seed % 10 === 0 ? 'node' : 'protocol',
    ...(seed === 77 ? { failure: { seed, invariant: 'I03', message: 'I03: a leader lacks entry 5' } } : {}),
    ...change,
  };
}

interface PartOptions {
  readonly seeds?: SeedRange;
  readonly shard?: number;
  readonly shards?: number;
  readonly code?: string;
  readonly marks?: readonly string[];
  readonly only?: (seed: number) => boolean;
  readonly change?: Partial<SeedResult>;
  readonly order?: (seeds: readonly number[]) => readonly number[];
}

function partOf(options: PartOptions = {}): Summary {
  const { seeds = [1, 200], shard = 1, shards = 1, code = '1.0.0 abc', marks = ['rare', 'common'], only = () => true } = options;
  const { order = (given) => given, change } = options;
  const tally = new Tally({ code, campaign: { seeds: [...seeds], shards }, shards: [shard], marks, waiting: { marks: { sessions: 2 } } });
  const [first, last] = shardOf(seeds, shard, shards) ?? [1, 0];
  const mine = Array.from({ length: last - first + 1 }, (_, at) => first + at).filter(only);
  for (const seed of order(mine)) tally.add(resultOf(seed, change));
  return tally.summary(10);
}

function partsOf(shards: number, options: PartOptions = {}): readonly Summary[] {
  return Array.from({ length: shards }, (_, at) => partOf({ ...options, shard: at + 1, shards }));
}

describe('the summary of a campaign', () => {
  test('is the same whatever the order in which its seeds ended', () => {
    const whole = partOf();
    expect(partOf({ order: (seeds) => seeds.toReversed() })).toEqual(whole);
    expect(partOf({ order: (seeds) => [...seeds.filter((seed) => seed % 3 === 0), ...seeds.filter((seed) => seed % 3 !== 0)] })).toEqual(
      whole,
    );
  });

  test('has another digest when one trace is another one, or two seeds have swapped theirs', () => {
    const hashes = new Map([
      [5, 6],
      [6, 5],
    ]);
    const swapped = new Tally({ code: 'x', campaign: { seeds: [1, 9], shards: 1 }, shards: [1], marks: [], waiting: {} });
    const straight = new Tally({ code: 'x', campaign: { seeds: [1, 9], shards: 1 }, shards: [1], marks: [], waiting: {} });
    for (let seed = 1; seed < 10; seed++) {
      straight.add(resultOf(seed));
      swapped.add(resultOf(seed, { hash: resultOf(hashes.get(seed) ?? seed).hash }));
    }
    expect(swapped.summary(null).digest).not.toBe(straight.summary(null).digest);
  });

  test('survives being written and read', () => {
    const whole = partOf();
    expect(parseSummary(JSON.parse(JSON.stringify(whole)))).toEqual(whole);
  });

  test('is the sum of its parts exactly, but for CPU seconds', () => {
    const whole = partOf();
    for (const shards of [1, 2, 7, 100]) {
      const parts = partsOf(shards);
      expect(mergeSummaries(parts)).toEqual({ ...whole, cpuSeconds: 10 * shards });
      expect(JSON.stringify(mergeSummaries(parts.toReversed()))).toBe(JSON.stringify({ ...whole, cpuSeconds: 10 * shards }));
    }
  });

  test('needs no part that has no seed', () => {
    const parts = partsOf(10, { seeds: [1, 4] }).filter(({ seeds }) => seeds.length > 0);
    expect(parts).toHaveLength(4);
    expect(mergeSummaries(parts).seeds).toEqual([[1, 4]]);
  });
});

describe('parts that do not make up a campaign', () => {
  const parts = partsOf(3);
  const refused: readonly (readonly [name: string, parts: readonly Summary[], message: string])[] = [
    ['nothing', [], 'there is nothing to merge'],
    ['a part that is there twice', [...parts, ...parts.slice(1, 2)], 'shard 2/3 is there twice'],
    ['a missing part', parts.slice(0, 2), 'shard 3/3 is missing'],
    ['several missing parts', partsOf(9).slice(6), '6 of 9 shards are missing: 1..6'],
    [
      'seeds of two parts',
      [...parts.slice(0, 2), partOf({ shard: 3, shards: 3 })].map((part, at) => (at === 2 ? { ...part, seeds: [[130, 200]] } : part)),
      'seeds are there twice: 130..133',
    ],
    ['an interrupted part', [...parts.slice(0, 2), partOf({ shard: 3, shards: 3, only: (seed) => seed < 150 })], 'did not run: 150..200'],
    [
      'other code',
      [...parts.slice(0, 2), partOf({ shard: 3, shards: 3, code: '1.0.0 abd' })],
      'parts of different code: 1.0.0 abc and 1.0.0 abd',
    ],
    [
      'another campaign',
      [...parts.slice(0, 2), partOf({ shard: 3, shards: 3, seeds: [1, 300] })],
      'seeds 1..200 in 3 parts and seeds 1..300 in 3 parts',
    ],
    ['another split', [...parts.slice(0, 2), partOf({ shard: 3, shards: 4 })], 'in 3 parts and seeds 1..200 in 4 parts'],
  ];
  for (const [name, given, message] of refused) {
    test(`are refused: ${name}`, () => {
      expect(() => mergeSummaries(given)).toThrow(message);
    });
  }

  test('are refused one by one when they are no summaries', () => {
    expect(() => parseSummary({})).toThrow('not the summary of a campaign');
    expect(() => parseSummary(null)).toThrow('not the summary of a campaign');
    expect(() => parseSummary({ ...partOf(), version: 7 })).toThrow('a summary of version 7; this program reads version 1');
    expect(() => parseSummary({ ...partOf(), digest: 'x' })).toThrow('not a summary: digest');
    expect(() => parseSummary({ ...partOf(), more: 1 })).toThrow('not a summary');
  });
});

describe('a campaign', () => {
  const well = { faults: 20, elections: 5, acknowledged: 200, failure: undefined };

  test('passes when no seed failed, none was trivial and all marks were reached', () => {
    expect(judge(partOf({ seeds: [1, 1000], change: well }))).toEqual({ passed: true, reasons: [], notes: [] });
  });

  test('fails when a seed failed', () => {
    expect(judge(partOf({ change: { ...well, failure: { seed: 1, invariant: 'I01', message: 'two leaders' } } })).reasons).toEqual([
      '200 of 200 seeds failed',
    ]);
  });

  test('fails when its median seed is trivial, in each of three ways', () => {
    expect(judge(partOf({ change: { ...well, faults: 19 } })).reasons).toEqual(['the median seed had 19 faults, fewer than 20']);
    expect(judge(partOf({ change: { ...well, elections: 4 } })).reasons).toEqual(['the median seed had 4 elections, fewer than 5']);
    expect(judge(partOf({ change: { ...well, acknowledged: 199 } })).reasons).toEqual([
      'the median seed had 199 acknowledged operations, fewer than 200',
    ]);
  });

  test('of a few seeds is not judged by its medians, and says so', () => {
    const verdict = judge(partOf({ seeds: [1, 20], change: { ...well, faults: 0 } }));
    expect(verdict).toMatchObject({
      passed: true,
      notes: ['medians are judged from 100 seeds on', 'marks are judged from 1,000 seeds on'],
    });
  });

  test('of a thousand seeds fails when they missed a mark', () => {
    const marks = ['rare', 'common', 'never'];
    expect(judge(partOf({ seeds: [1, 1000], change: well, marks })).reasons).toEqual(['no seed reached the mark never']);
    expect(judge(partOf({ seeds: [1, 999], change: well, marks })).passed).toBe(true);
  });

  test('that was interrupted has not passed', () => {
    expect(judge(partOf({ change: well, only: (seed) => seed < 100 }))).toMatchObject({ passed: false, reasons: [] });
  });

  test('is judged whole: a part fails only by a failure', () => {
    expect(judge(partOf({ shard: 1, shards: 4, change: { ...well, faults: 0 } })).passed).toBe(true);
    expect(judge(partOf({ shard: 2, shards: 4 })).reasons).toEqual(['1 of 50 seeds failed']);
  });
});
