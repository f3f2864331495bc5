import { describe, expect, test } from 'vitest';
import { judge } from '../campaign/judge.ts';
import { type SeedResult, Tally } from '../campaign/summary.ts';
import { reportOf } from './report.ts';

const look = { width: 100, colours: false };

function reportOfSeeds(seeds: number, change: (seed: number) => Partial<SeedResult> = () => ({})): string {
  const tally = new Tally({
    code: '1.2.3 0123456789ab',
    campaign: { seeds: [1, seeds], shards: 1 },
    shards: [1],
    marks: ['append-aba', 'two-leaders-at-once'],
    waiting: { invariants: { leases: 1 }, scenarios: { 'leadership transfer': 2, leases: 1 }, marks: {} },
  });
  for (let seed = 1; seed <= seeds; seed++) {
    tally.add({
      seed,
      hash: seed,
      events: 5000,
      simulatedUs: 30_000_000,
      faults: 20 + (seed % 30),
      elections: 5 + (seed % 9),
      acknowledged: 200 + (seed % 100),
      stats: {},
      marks: { 'append-aba': 1 },
      profile: ['mix', 'elections', 'conflict'][seed % 3] ?? 'mix',
      level: 'protocol',
      ...change(seed),
    });
  }
  const summary = tally.summary(12);
  return reportOf(summary, judge(summary), look, { pace: '166 seeds a second, 2 at a time' }).join('\n');
}

describe('the summary for people', () => {
  test('says what was run, how fast, and what a seed has in it', () => {
    expect(reportOfSeeds(2000, () => ({ marks: { 'append-aba': 1, 'two-leaders-at-once': 1 } }))).toMatchInlineSnapshot(`
      "2,000 seeds · 1..2000 · no failure
      code 1.2.3 0123456789ab · digest a855d3764fefcd9f

      simulated   16.7 h of a cluster's life in 12.0 s of CPU time
      per CPU-s   5,000 cluster-seconds · 167 seeds · 833,333 events
      in all      10,000,000 events · 17,995 elections · 68,920 faults · 499,000 operations
      pace        166 seeds a second, 2 at a time

      per seed                        10 %    median      90 %      most
      faults                            22        34        46        49
      elections                          5         9        13        13
      acknowledged operations          209       249       289       299

      levels      protocol 2,000
      profiles    conflict 667 · elections 667 · mix 666
      marks       2 of 2 reached
      waiting     1 invariant for leases
                  3 scenarios for leadership transfer, leases

      passed"
    `);
  });

  test('says what broke, and why it does not pass', () => {
    const report = reportOfSeeds(1000, (seed) => ({
      acknowledged: 10,
      ...(seed % 100 === 0 ? { failure: { seed, invariant: seed === 500 ? 'I05' : 'I01', message: 'broken' } } : {}),
    }));
    expect(report.slice(report.indexOf('broken'))).toMatchInlineSnapshot(`
      "broken      I01 9 · I05 1

      failed
        10 of 1000 seeds failed
        the median seed had 10 acknowledged operations, fewer than 200
        no seed reached the mark two-leaders-at-once"
    `);
  });

  test('keeps to the width of the window', () => {
    const lines = reportOfSeeds(1000, (seed) => ({ profile: `a profile of a long name ${seed % 20}` })).split('\n');
    expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(100);
  });

  test('of nothing is a summary too', () => {
    expect(reportOfSeeds(0)).toContain('0 seeds');
  });
});
