import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** A program of this app, run as its users run it, line by line. */
export class Program implements AsyncDisposable {
  readonly lines: string[] = [];
  readonly #process: ChildProcess;
  readonly #ended: Promise<unknown>;
  readonly #waiting = new Set<() => void>();
  #open = true;

  constructor(name: 'start' | 'demo', args: readonly string[]) {
    const path = fileURLToPath(new URL(`../src/${name}.ts`, import.meta.url));
    // Guarded like a node: it stops when the tests are gone.
    const guard = new URL('../src/guard.ts', import.meta.url).href;
    const child = spawn(process.execPath, ['--import', guard, path, ...args], {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { ...process.env, RAFT_SUPERVISOR: 'stdin' },
    });
    child.stdin.on('error', () => undefined);
    this.#process = child;
    for (const input of [child.stdout, child.stderr]) {
      createInterface({ input }).on('line', (line) => {
        this.lines.push(line);
        this.#wake();
      });
    }
    this.#ended = once(child, 'close').then(() => {
      this.#open = false;
      this.#wake();
    });
  }

  /** Resolves when the lines so far are as they should be; rejects when the program ends without that. */
  until(isSo: (lines: readonly string[]) => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      const look = (): void => {
        if (isSo(this.lines)) resolve();
        else if (!this.#open) reject(new Error(`the program ended after saying:\n${this.lines.join('\n')}`));
        else return;
        this.#waiting.delete(look);
      };
      this.#waiting.add(look);
      look();
    });
  }

  untilSays(what: RegExp): Promise<void> {
    return this.until((lines) => lines.some((line) => what.test(line)));
  }

  /** The exit code, once it has ended. */
  async end(): Promise<number | null> {
    await this.#ended;
    return this.#process.exitCode;
  }

  kill(signal: NodeJS.Signals): void {
    this.#process.kill(signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // The nodes notice, and stop.
    this.kill('SIGKILL');
    await this.#ended;
  }

  #wake(): void {
    for (const look of [...this.#waiting]) look();
  }
}
