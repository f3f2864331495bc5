import { watchMarks } from '../marks/watch-marks.ts';
import { runSeed } from './run-seed.ts';
import type { SeedRange } from './seed-ranges.ts';
import { type SeedResult, type Summary, Tally } from './summary.ts';
import { markIds, whatWaits } from './tables.ts';

export interface CampaignOptions {
  /** The first and the last. */
  readonly seeds: SeedRange;
  /** Which code this is, such as a version and a commit: summaries are merged only when they agree on it. */
  readonly code: string;
  /** How one seed is run. Default: the simulator's own cluster. */
  readonly run?: (seed: number) => Promise<SeedResult>;
  /** Called behind each seed; whoever returns 'stop' ends the campaign there. */
  readonly onSeed?: (result: SeedResult, tally: Tally) => 'stop' | undefined;
  /** CPU seconds that this process has used, if anybody counts them. */
  readonly cpuSeconds?: () => number;
}

/** Runs seeds one by one, in this thread. Platform-free: several cores are the command line's business. */
export async function runCampaign({ seeds, code, run = runOne, onSeed, cpuSeconds }: CampaignOptions): Promise<Summary> {
  const [first, last] = seeds;
  const tally = new Tally({ code, campaign: { seeds: [first, last], shards: 1 }, shards: [1], marks: markIds(), waiting: whatWaits() });
  const began = cpuSeconds?.();
  for (let seed = first; seed <= last; seed++) {
    const result = await run(seed);
    tally.add(result);
    if (onSeed?.(result, tally) === 'stop') break;
  }
  return tally.summary(cpuSeconds === undefined || began === undefined ? null : cpuSeconds() - began);
}

/** One seed in the simulator's own cluster. */
export async function runOne(seed: number): Promise<SeedResult> {
  const { observer, reached } = watchMarks();
  const history = await runSeed({ seed, observers: [observer] });
  const { hash, events, stats, failure, simulatedUs, profile, level } = history;
  const { faults, elections } = stats;
  return {
    seed,
    hash,
    events,
    simulatedUs,
    faults,
    elections,
    acknowledged: stats.committed + stats.readsServed,
    stats: { ...stats },
    marks: Object.fromEntries(reached()),
    profile,
    level,
    failure,
  };
}
