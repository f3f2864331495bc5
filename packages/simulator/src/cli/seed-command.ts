import { replayOf } from '../campaign/replay.ts';
import { type History, runPlan } from '../campaign/run-seed.ts';
import { drawPlan } from '../world/draw-plan.ts';
import type { Plan } from '../world/plan.ts';
import { parseSeed } from './arguments.ts';
import { codeVersion } from './code-version.ts';
import { type ExitCode, exitCodes } from './exit-codes.ts';
import { describeFailure, tellFailure, writeReplay } from './failures.ts';
import { readReplay } from './files.ts';
import { printHistory, type TraceFlags } from './history.ts';
import { lookOf, whole } from './text.ts';

export interface SeedFlags extends TraceFlags {
  readonly seed: string;
  readonly failures?: string;
}

/** Runs one seed's history, and prints it if somebody wants to read it. */
export async function seedCommand(flags: SeedFlags): Promise<ExitCode> {
  const plan = drawPlan(parseSeed(flags.seed));
  const history = await show(plan, flags);
  const { failure } = history;
  if (failure === undefined) return exitCodes.ok;
  const code = codeVersion();
  const file = writeReplay(replayOf({ code, plan, failure, history: await runPlan(plan, { readable: true }) }), flags.failures ?? '.');
  process.stderr.write(`${tellFailure(failure, file).join('\n')}\n`);
  return exitCodes.failed;
}

/** Runs the history in a file again, and says whether it fails as it did. */
export async function replayCommand(file: string, flags: TraceFlags): Promise<ExitCode> {
  const replay = readReplay(file);
  const { failure } = await show(replay.plan, flags);
  const look = lookOf(process.stderr);
  const lines = failure === undefined ? ['nothing broke'] : describeFailure(failure, look);
  const code = codeVersion();
  const before = replay.failure;
  const same = failure?.invariant === before.invariant && failure.at === before.at;
  const difference = code === replay.code ? '' : `: it was of ${replay.code}, this is ${code}`;
  const remark = same ? [] : [`not as in the file (${before.invariant} at ${(before.at / 1e6).toFixed(3)} s)${difference}`];
  process.stderr.write(`${[...lines, ...remark].join('\n')}\n`);
  return failure === undefined ? exitCodes.ok : exitCodes.failed;
}

/** Runs a plan, and says what it was. */
async function show(plan: Plan, flags: TraceFlags): Promise<History> {
  const history = await printHistory(plan, flags);
  const { seed, profile, level, events, simulatedUs, hash, stats } = history;
  const facts = [
    `seed ${seed}`,
    `${profile}, ${plan.voters} voters, level ${level}`,
    `${whole(stats.faults)} faults`,
    `${whole(events)} events`,
    `${(simulatedUs / 1e6).toFixed(3)} s`,
    `trace ${hash.toString(16).padStart(8, '0')}`,
  ];
  process.stderr.write(`${facts.join(' · ')}\n`);
  return history;
}
