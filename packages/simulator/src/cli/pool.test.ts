import { describe, expect, test } from 'vitest';
import type { Replay } from '../campaign/replay.ts';
import type { SeedResult } from '../campaign/summary.ts';
import { runOnWorkers } from './pool.ts';

describe('worker threads', () => {
  test('run every seed once', async () => {
    const seeds: number[] = [];
    await runOnWorkers({
      seeds: [17, 21],
      jobs: 3,
      code: 'test',
      signal: new AbortController().signal,
      onResult: ({ seed }) => seeds.push(seed),
    });
    expect(seeds.toSorted()).toEqual([17, 18, 19, 20, 21]);
  });

  test('are not waited for by seeds that never end: those have failed', async () => {
    const results: [SeedResult, Replay | undefined][] = [];
    await runOnWorkers({
      seeds: [17, 19],
      jobs: 1,
      code: 'test',
      // No worker is as quick as that: each seems to spin.
      seedLimitMs: 1,
      signal: new AbortController().signal,
      onResult: (result, replay) => results.push([result, replay]),
    });
    expect(results.map(([{ seed }]) => seed)).toEqual([17, 18, 19]);
    for (const [{ seed, failure }, replay] of results) {
      expect(failure).toMatchObject({ seed, invariant: 'I22', message: expect.stringContaining('did not end') });
      expect(replay?.plan.seed).toBe(seed);
    }
  });

  test('start nothing when nobody waits any more', async () => {
    const seeds: number[] = [];
    await runOnWorkers({ seeds: [1, 1000], jobs: 2, code: 'test', signal: AbortSignal.abort(), onResult: ({ seed }) => seeds.push(seed) });
    expect(seeds).toEqual([]);
  });
});
