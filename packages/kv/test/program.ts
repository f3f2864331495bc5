import { type ChildProcess, spawn } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

// What each child compiles anew otherwise: half the time that a short command takes.
const compileCache = { NODE_COMPILE_CACHE: join(tmpdir(), 'node-compile-cache') };
const main = fileURLToPath(new URL('../src/cli/main.ts', import.meta.url));

/** How a program ended. `code` is null when a signal ended it. */
export interface Exit {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** `raft-kv`, as a process. It is killed when disposed. */
export class Program implements AsyncDisposable {
  stdout = '';
  stderr = '';
  readonly exited: Promise<Exit>;
  readonly #child: ChildProcess;

  constructor(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
    this.#child = spawn(process.execPath, [main, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH: process.env['PATH'], ...compileCache, ...env },
    });
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.stdout += text;
    });
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text;
    });
    this.exited = new Promise((resolve, reject) => {
      this.#child.once('error', reject);
      this.#child.once('close', (code) => resolve({ code, stdout: this.stdout, stderr: this.stderr }));
    });
  }

  kill(signal: 'SIGINT' | 'SIGTERM' | 'SIGKILL'): Promise<Exit> {
    this.#child.kill(signal);
    return this.exited;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill('SIGKILL');
  }
}

/** Runs `raft-kv` to its end. */
export function run(args: readonly string[], env?: Readonly<Record<string, string>>): Promise<Exit> {
  return new Program(args, env).exited;
}
