import { parentPort } from 'node:worker_threads';
import { type Replay, replayOf } from '../campaign/replay.ts';
import { runOne } from '../campaign/run-campaign.ts';
import { runPlan } from '../campaign/run-seed.ts';
import type { SeedResult } from '../campaign/summary.ts';
import { drawPlan } from '../world/draw-plan.ts';
import type { FromWorker, ToWorker } from './pool.ts';

/** Whoever has a broken build does not want a file for each of ten thousand seeds. */
const mostReplays = 10;
let replays = 0;

// Runs the seeds that it is sent, range by range, and posts each one's result; of the first that fail, what replays them as well.
const port = parentPort;
if (port === null) throw new Error('this module is the worker of raft-sim; run main instead');
port.on('message', async ({ range: [first, last], code }: ToWorker) => {
  for (let seed = first; seed <= last; seed++) {
    const before = process.threadCpuUsage?.();
    const ran = await runOne(seed);
    const result = { ...ran, cpuSeconds: secondsSince(before) };
    const replay = result.failure !== undefined && replays++ < mostReplays ? await replayOfSeed(result, code) : undefined;
    post({ type: 'result', result, ...(replay && { replay }) });
  }
  post({ type: 'idle' });
});

/** The same once more, with its lines: those cost too much to keep for every seed. */
async function replayOfSeed({ seed }: SeedResult, code: string): Promise<Replay | undefined> {
  const plan = drawPlan(seed);
  const history = await runPlan(plan, { readable: true });
  const { failure } = history;
  return failure === undefined ? undefined : replayOf({ code, plan, failure, history });
}

/** Of this thread. Node counts them from version 23.9 on. */
function secondsSince(before: NodeJS.CpuUsage | undefined): number {
  if (before === undefined) return 0;
  const { user, system } = process.threadCpuUsage(before);
  return (user + system) / 1e6;
}

function post(message: FromWorker): void {
  port?.postMessage(message);
}
