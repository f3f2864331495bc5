import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { execPath } from 'node:process';
import { text } from 'node:stream/consumers';

/** How a child process of the zoo ended, and what it said. */
export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** It was ended since it did not end by itself. */
  readonly hung: boolean;
}

const running = new Set<ChildProcess>();
// Whoever ends the zoo ends what it started.
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** Runs Node with these arguments in a folder, and ends it after so long: a bug may make anything spin. */
export async function runNode(cwd: string, args: readonly string[], maxSeconds: number): Promise<Ended> {
  const child = spawn(execPath, [...args], { cwd, stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, NO_COLOR: '1' } });
  running.add(child);
  let hung = false;
  const timer = setTimeout(() => {
    hung = true;
    child.kill('SIGKILL');
  }, maxSeconds * 1000);
  const closed: Promise<unknown[]> = once(child, 'close');
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), closed]);
  clearTimeout(timer);
  running.delete(child);
  return { code: child.exitCode, stdout, stderr, hung };
}
