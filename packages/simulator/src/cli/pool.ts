import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import { type Replay, replayOf } from '../campaign/replay.ts';
import type { SeedRange } from '../campaign/seed-ranges.ts';
import type { SeedResult } from '../campaign/summary.ts';
import { drawPlan } from '../world/draw-plan.ts';

export interface PoolOptions {
  readonly seeds: SeedRange;
  readonly jobs: number;
  /** Goes into the files of those that fail. */
  readonly code: string;
  /** When it fires, the seeds under way are dropped. */
  readonly signal: AbortSignal;
  /** A seed that takes longer has failed: it spins. */
  readonly seedLimitMs?: number;
  /** In whatever order seeds end. The first that fail come with what replays them. */
  readonly onResult: (result: SeedResult, replay: Replay | undefined) => void;
}

export interface ToWorker {
  readonly range: SeedRange;
  readonly code: string;
}

export type FromWorker =
  | { readonly type: 'result'; readonly result: SeedResult; readonly replay?: Replay }
  /** It has run all that it was sent. */
  | { readonly type: 'idle' };

const largestChunk = 16;
/** A history takes a second at most, on a slow machine some. */
const defaultSeedLimitMs = 300_000;

/** Runs seeds on worker threads, so that the terminal and Ctrl-C are heard meanwhile. Resolves when all have run, or when it was aborted. */
export async function runOnWorkers(options: PoolOptions): Promise<void> {
  const { jobs, seeds, signal } = options;
  const [first, last] = seeds;
  const count = last - first + 1;
  const workers = Math.min(jobs, count);
  // Small enough that nobody waits long for the slowest at the end.
  const chunk = Math.max(1, Math.min(largestChunk, Math.floor(count / (workers * 8))));
  let next = first;
  const take = (): SeedRange | undefined => {
    if (next > last || signal.aborted) return undefined;
    const from = next;
    next = Math.min(next + chunk, last + 1);
    return [from, next - 1];
  };
  await Promise.all(Array.from({ length: workers }, () => runOneAfterTheOther(take, options)));
}

/** A worker, and another one in its place when it hangs. */
async function runOneAfterTheOther(take: () => SeedRange | undefined, options: PoolOptions): Promise<void> {
  const { signal, code, onResult, seedLimitMs = defaultSeedLimitMs } = options;
  let range = take();
  while (range !== undefined && !signal.aborted) {
    const hung = await runOneWorker(range, take, options);
    if (hung === undefined) return;
    const { result, replay } = hungSeed(hung[0], code, seedLimitMs);
    onResult(result, replay);
    range = hung[0] < hung[1] ? [hung[0] + 1, hung[1]] : take();
  }
}

/** Resolves when there is nothing left to take; if a seed does not end, with that seed and those that were to follow it. */
async function runOneWorker(range: SeedRange, take: () => SeedRange | undefined, options: PoolOptions): Promise<SeedRange | undefined> {
  const { signal, code, onResult, seedLimitMs = defaultSeedLimitMs } = options;
  const worker = new Worker(new URL(`./worker${extname(import.meta.url)}`, import.meta.url));
  const stopped = new AbortController();
  let left: SeedRange = range;
  let timer: NodeJS.Timeout | undefined;
  const ended = new Promise<SeedRange | undefined>((resolve, reject) => {
    const watch = (): void => {
      clearTimeout(timer);
      timer = setTimeout(() => resolve(left), seedLimitMs);
    };
    const goOn = (next: SeedRange | undefined): void => {
      if (next === undefined) {
        resolve(undefined);
        return;
      }
      left = next;
      worker.postMessage({ range: next, code } satisfies ToWorker);
      watch();
    };
    worker.on('message', (message: FromWorker) => {
      if (signal.aborted) return;
      if (message.type === 'idle') {
        goOn(take());
        return;
      }
      left = [message.result.seed + 1, left[1]];
      watch();
      onResult(message.result, message.replay);
    });
    worker.on('error', reject);
    worker.on('exit', (exitCode) => reject(new Error(`a worker ended with exit code ${exitCode}`)));
    signal.addEventListener('abort', () => resolve(undefined), { signal: stopped.signal });
    goOn(range);
  });
  try {
    return await ended;
  } finally {
    clearTimeout(timer);
    stopped.abort();
    worker.removeAllListeners();
    await worker.terminate();
  }
}

/** What there is to say of a seed that spins: it says nothing itself. */
function hungSeed(seed: number, code: string, limitMs: number): { readonly result: SeedResult; readonly replay: Replay } {
  const plan = drawPlan(seed);
  const { profile, level } = plan;
  const failure = { seed, invariant: 'I22', message: `I22: the history did not end within ${limitMs / 1000} s`, at: 0 };
  const nothing = { hash: 0, events: 0, simulatedUs: 0, faults: 0, elections: 0, acknowledged: 0, stats: {}, marks: {} };
  return { result: { seed, ...nothing, profile, level, failure }, replay: replayOf({ code, plan, failure, history: { lines: [] } }) };
}
