import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

export const program = fileURLToPath(new URL('../src/cli/main.ts', import.meta.url));
export const root = fileURLToPath(new URL('../../..', import.meta.url));
export const environment = {
  // Each process starts in half the time when the sources are already stripped of their types.
  NODE_COMPILE_CACHE: join(root, 'node_modules', '.cache', 'node'),
  ...process.env,
  // Commits may come while tests run: parts of one campaign must say the same.
  RAFT_SIM_CODE: 'test',
  npm_lifecycle_event: '',
  NO_COLOR: '1',
};

export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** Runs a command to its end. */
export async function runCommand(
  command: string,
  args: readonly string[],
  options: { readonly cwd: string; readonly env?: NodeJS.ProcessEnv },
): Promise<Ended> {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], env: environment, ...options });
  const closed = once(child, 'close');
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr), closed]);
  return { code: child.exitCode, out, err };
}

/** Runs `raft-sim` to its end. */
export function sim(args: readonly string[], cwd: string = tmpdir()): Promise<Ended> {
  return runCommand(process.execPath, [program, ...args], { cwd });
}

/** A folder for one test. */
export function freshFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'raft-sim-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
