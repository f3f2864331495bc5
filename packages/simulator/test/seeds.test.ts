import { describe, expect, test } from 'vitest';
import { describeFailure, runSeed } from '../src/campaign/run-seed.ts';
import { describeSeeds, numberFrom } from './seeds.ts';

// RAFT_SEED=123 runs that one history and prints it if it fails; RAFT_SEEDS=10000 runs so many beyond the usual ones.
const only = numberFrom('RAFT_SEED');
const more = numberFrom('RAFT_SEEDS');

if (only !== undefined) {
  test(`the history of seed ${only} breaks no invariant`, { timeout: 300_000 }, () => {
    const { failure } = runSeed({ seed: only });
    if (failure !== undefined) expect.fail(describeFailure(failure));
  });
} else {
  describeSeeds('a cluster under faults', { first: 1, count: 1000 });
  if (more !== undefined) describeSeeds('more of them', { first: 100_001, count: more });
}

describe('a history', () => {
  test('is the same each time that its seed is run', () => {
    for (const seed of [1, 2, 3, 5, 8, 13, 21, 34]) {
      const { hash, events } = runSeed({ seed });
      expect(runSeed({ seed, readable: true })).toMatchObject({ hash, events });
    }
  });

  test('is another one for each seed', () => {
    const hashes = Array.from({ length: 20 }, (_, seed) => runSeed({ seed }).hash);
    expect(new Set(hashes).size).toBe(hashes.length);
  });
});
