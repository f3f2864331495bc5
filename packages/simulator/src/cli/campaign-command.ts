import { judge } from '../campaign/judge.ts';
import type { Replay } from '../campaign/replay.ts';
import { type SeedRange, shardOf } from '../campaign/seed-ranges.ts';
import { type SeedResult, Tally } from '../campaign/summary.ts';
import { markIds, whatWaits } from '../campaign/tables.ts';
import { parseJobs, parseSeeds, parseShard } from './arguments.ts';
import { codeVersion } from './code-version.ts';
import { type ExitCode, exitCodes, UsageError } from './exit-codes.ts';
import { tellFailure, writeReplay } from './failures.ts';
import { writeJson } from './files.ts';
import { runOnWorkers } from './pool.ts';
import { Progress } from './progress.ts';
import { reportOf } from './report.ts';
import { lookOf, rounded } from './text.ts';

export interface CampaignFlags {
  readonly seeds: string;
  readonly jobs?: string;
  readonly shard?: string;
  readonly json?: string;
  /** Where files of failing seeds go. */
  readonly failures?: string;
}

/** Failures that are told and written in full; the others only count. */
const mostTold = 5;

/** Runs seeds, or one part of them, on all cores, and prints what they add up to. */
export async function campaignCommand(flags: CampaignFlags): Promise<ExitCode> {
  const seeds = parseSeeds(flags.seeds);
  const jobs = parseJobs(flags.jobs);
  const { shard, shards } = flags.shard === undefined ? { shard: 1, shards: 1 } : parseShard(flags.shard);
  const mine = shardOf(seeds, shard, shards);
  if (mine === undefined) throw new UsageError(`--shard ${shard}/${shards}: ${flags.seeds} has too few seeds for so many parts`);
  const tally = new Tally({
    code: codeVersion(),
    campaign: { seeds: [...seeds], shards },
    shards: [shard],
    marks: markIds(),
    waiting: whatWaits(),
  });
  const { cpuSeconds, interrupted, seconds } = await run(mine, jobs, tally, flags);
  const summary = tally.summary(cpuSeconds);
  if (flags.json !== undefined) writeJson(flags.json, summary);
  const verdict = judge(summary);
  const look = lookOf(process.stdout);
  const pace = `${rounded(tally.seeds / seconds)} seeds a second, ${jobs === 1 ? 'one at a time' : `${jobs} at a time`}`;
  process.stdout.write(`${reportOf(summary, verdict, look, { pace }).join('\n')}\n`);
  if (interrupted) return tally.failures.length > 0 ? exitCodes.failed : exitCodes.interrupted;
  return verdict.passed ? exitCodes.ok : exitCodes.failed;
}

interface Ran {
  readonly cpuSeconds: number;
  readonly seconds: number;
  readonly interrupted: boolean;
}

async function run(seeds: SeedRange, jobs: number, tally: Tally, flags: CampaignFlags): Promise<Ran> {
  const { code } = tally;
  const stop = new AbortController();
  const interrupt = (): void => stop.abort();
  process.once('SIGINT', interrupt);
  process.once('SIGTERM', interrupt);
  const before = process.cpuUsage();
  const progress = new Progress(process.stderr, seeds[1] - seeds[0] + 1);
  progress.begin(`seeds ${seeds[0]}..${seeds[1]}, ${jobs === 1 ? 'one at a time' : `${jobs} at a time`}`);
  const onResult = (result: SeedResult, replay: Replay | undefined): void => {
    tally.add(result);
    if (replay !== undefined && tally.failures.length <= mostTold)
      progress.print(tellFailure(replay.failure, writeReplay(replay, flags.failures ?? '.')));
    progress.update(tally);
  };
  try {
    await runOnWorkers({ seeds, jobs, code, signal: stop.signal, onResult });
  } finally {
    progress.clear();
    process.off('SIGINT', interrupt);
    process.off('SIGTERM', interrupt);
  }
  const { user, system } = process.cpuUsage(before);
  return { cpuSeconds: (user + system) / 1e6, seconds: progress.seconds, interrupted: stop.signal.aborted };
}
