import { env } from 'node:process';
import { describe, expect, test } from 'vitest';
import { describeFailure, runSeed } from '../src/campaign/run-seed.ts';
import { addStats, noStats, type Stats } from '../src/trace/stats.ts';

const seedsPerTest = 50;

/** Runs a range of seeds as tests, and then shows that these histories had in them what the checks are there for. */
export function describeSeeds(name: string, range: { readonly first: number; readonly count: number }): void {
  describe(name, () => {
    const sum = noStats();
    for (let start = range.first; start < range.first + range.count; start += seedsPerTest) {
      const end = Math.min(start + seedsPerTest, range.first + range.count);
      test(`no history of the seeds ${start} to ${end - 1} breaks an invariant, and each cluster lives on at its end`, {
        timeout: 300_000,
      }, () => {
        for (let seed = start; seed < end; seed++) {
          const { failure, stats } = runSeed({ seed });
          if (failure !== undefined) expect.fail(describeFailure(failure));
          addStats(sum, stats);
        }
      });
    }
    test('these histories had everything in them that a check could miss', () => {
      const missing = Object.entries(leastOf(range.count)).filter(([what, least]) => sum[what as keyof Stats] < least);
      expect(missing, `too little of it; all: ${JSON.stringify(sum)}`).toEqual([]);
    });
  });
}

/** How often each thing has to happen, at least, in so many histories. */
function leastOf(seeds: number): Partial<Stats> {
  return {
    elections: 2 * seeds,
    formed: seeds / 2,
    dropped: 20 * seeds,
    duplicated: 10 * seeds,
    late: 4 * seeds,
    partitions: 2 * seeds,
    crashes: 3 * seeds,
    crashPoints: seeds / 4,
    pauses: seeds / 2,
    hidings: seeds / 2,
    timersSlowed: seeds / 20,
    wipes: seeds / 100,
    stalls: seeds / 100,
    failedWrites: seeds / 100,
    lostWrites: seeds / 2,
    truncations: seeds / 4,
    preVotesRejected: seeds,
    votesRejected: seeds / 20,
    conflicts: seeds,
    snapshotsTaken: 5 * seeds,
    snapshotsInstalled: seeds / 4,
    chunks: seeds,
    fetches: seeds / 2,
    compactions: 5 * seeds,
    forwardedProposals: 10 * seeds,
    forwardedReads: 5 * seeds,
    committed: 20 * seeds,
    rejected: seeds,
    unknown: seeds,
    overwritten: seeds / 40,
    readsServed: 10 * seeds,
    readsRejected: seeds,
  };
}

/** A number from the environment, if it is there. */
export function numberFrom(name: string): number | undefined {
  const text = env[name];
  return text === undefined || text === '' ? undefined : Number(text);
}
