import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { Backoff, type BackoffOptions } from './backoff.ts';

/** What happens to a child, for people to read. */
export type ChildEvent =
  | { readonly type: 'started'; readonly pid: number }
  /** A line that it wrote to stdout or stderr. */
  | { readonly type: 'said'; readonly stream: 'out' | 'err'; readonly line: string }
  /** It ended without being asked to, and is started again after the delay. */
  | { readonly type: 'died'; readonly how: string; readonly why: string; readonly delayMs: number }
  /** It said by its exit code that starting it again is pointless. */
  | { readonly type: 'refused'; readonly code: number }
  /** It did not stop when asked to, and was killed. */
  | { readonly type: 'killed' };

/** What to run, and how to treat its end. */
export interface SupervisedChildOptions {
  readonly command: readonly string[];
  /** Exit codes after which it is left alone. */
  readonly refusals: ReadonlySet<number>;
  readonly backoff: BackoffOptions;
  /** How long it may take to stop when asked to. */
  readonly stopGraceMs: number;
  readonly report: (event: ChildEvent) => void;
}

const rememberedLines = 40;

/**
 * A process that is kept running: started again when it dies, with growing delays, left alone when it refuses to start.
 *
 * It gets a process group of its own, so that Ctrl-C in a terminal reaches only us and we stop all children in one way.
 */
export class SupervisedChild {
  readonly #options: SupervisedChildOptions;
  readonly #backoff: Backoff;
  #child: ChildProcess | undefined;
  #restart: ReturnType<typeof setTimeout> | undefined;
  /** Whether it should run: set by start, cleared by stop, kill and a refusal. */
  #wanted = false;
  #ended: Promise<void> = Promise.resolve();

  constructor(options: SupervisedChildOptions) {
    this.#options = options;
    this.#backoff = new Backoff(options.backoff);
  }

  /** Whether a process runs, or will be started again. */
  get wanted(): boolean {
    return this.#wanted;
  }

  start(): void {
    if (this.#wanted) return;
    this.#wanted = true;
    this.#spawn();
  }

  /** Asks it to stop; kills it if it does not within the grace time. Resolves when it is gone. */
  async stop(): Promise<void> {
    this.#unwant();
    const child = this.#child;
    if (child === undefined) return;
    child.kill('SIGTERM');
    const deadline = setTimeout(() => {
      this.#options.report({ type: 'killed' });
      child.kill('SIGKILL');
    }, this.#options.stopGraceMs);
    await this.#ended;
    clearTimeout(deadline);
  }

  /** `kill -9`, and no new start until `start` is called. Resolves when it is gone. */
  async kill(): Promise<void> {
    this.#unwant();
    this.#child?.kill('SIGKILL');
    await this.#ended;
  }

  #unwant(): void {
    this.#wanted = false;
    clearTimeout(this.#restart);
  }

  #spawn(): void {
    const { command, report } = this.#options;
    const [file = '', ...args] = command;
    const began = performance.now();
    const lastLines: string[] = [];
    const child = spawn(file, args, {
      stdio: ['pipe', 'pipe', 'pipe'],
      detached: true,
      env: { ...process.env, RAFT_SUPERVISOR: 'stdin' },
    });
    this.#child = child;
    for (const [stream, input] of [
      ['out', child.stdout],
      ['err', child.stderr],
    ] as const) {
      createInterface({ input }).on('line', (line) => {
        if (stream === 'err') lastLines.push(line);
        if (lastLines.length > rememberedLines) lastLines.shift();
        report({ type: 'said', stream, line });
      });
    }
    // The guard in the child reads this pipe's end; a child that dies first breaks the pipe, which is no news.
    child.stdin.on('error', () => undefined);
    child.once('spawn', () => report({ type: 'started', pid: child.pid ?? 0 }));
    this.#ended = new Promise((resolve) => {
      const end = (how: string, code: number | null): void => {
        if (this.#child !== child) return;
        this.#child = undefined;
        if (this.#wanted) this.#afterDeath({ how, code, lifeMs: performance.now() - began, lastLines });
        resolve();
      };
      child.once('error', (error) => end(error.message, null));
      // 'close' and not 'exit': its last words have arrived by then.
      child.once('close', (code, signal) => end(signal === null ? `exit code ${code}` : signal, code));
    });
  }

  #afterDeath(death: { how: string; code: number | null; lifeMs: number; lastLines: readonly string[] }): void {
    const { refusals, report } = this.#options;
    if (death.code !== null && refusals.has(death.code)) {
      this.#wanted = false;
      report({ type: 'refused', code: death.code });
      return;
    }
    const delayMs = this.#backoff.delayAfter(death.lifeMs);
    report({ type: 'died', how: death.how, why: errorAmong(death.lastLines), delayMs });
    this.#restart = setTimeout(() => this.#spawn(), delayMs);
  }
}

/** The line of a stack trace, or of whatever else a crash prints, that says what happened. */
function errorAmong(lines: readonly string[]): string {
  return lines.find((line) => /^\w*Error\b/.test(line)) ?? '';
}
