import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { Replay } from '../campaign/replay.ts';
import type { SeedRange } from '../campaign/seed-ranges.ts';
import type { SeedResult } from '../campaign/summary.ts';

export interface PoolOptions {
  readonly seeds: SeedRange;
  readonly jobs: number;
  /** Goes into the files of those that fail. */
  readonly code: string;
  /** When it fires, the seeds under way are dropped. */
  readonly signal: AbortSignal;
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

/** Runs seeds on worker threads, so that the terminal and Ctrl-C are heard meanwhile. Resolves when all have run, or when it was aborted. */
export async function runOnWorkers(options: PoolOptions): Promise<void> {
  const { jobs, signal } = options;
  const [first, last] = options.seeds;
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
  await Promise.all(Array.from({ length: workers }, () => runOneWorker(take, options)));
}

async function runOneWorker(take: () => SeedRange | undefined, { signal, code, onResult }: PoolOptions): Promise<void> {
  const worker = new Worker(new URL(`./worker${extname(import.meta.url)}`, import.meta.url));
  const stopped = new AbortController();
  const ended = new Promise<void>((resolve, reject) => {
    const goOn = (): void => {
      const range = take();
      if (range === undefined) resolve();
      else worker.postMessage({ range, code } satisfies ToWorker);
    };
    worker.on('message', (message: FromWorker) => {
      if (signal.aborted) return;
      if (message.type === 'result') onResult(message.result, message.replay);
      else goOn();
    });
    worker.on('error', reject);
    worker.on('exit', (exitCode) => reject(new Error(`a worker ended with exit code ${exitCode}`)));
    signal.addEventListener('abort', () => resolve(), { signal: stopped.signal });
    goOn();
  });
  try {
    await ended;
  } finally {
    stopped.abort();
    worker.removeAllListeners();
    await worker.terminate();
  }
}
