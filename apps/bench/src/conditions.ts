import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { cpus, loadavg, release, type as systemType, totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

/** On what the figures were measured. */
export interface Conditions {
  readonly startedAt: string;
  /** With a `+` when sources had changes; null outside a clone. */
  readonly commit: string | null;
  readonly nodeVersion: string;
  readonly system: string;
  readonly cores: number;
  readonly cpuModel: string;
  readonly memoryBytes: number;
  /** Of the folder in which durable clusters have their files. */
  readonly fileSystem: string;
  /** Others' work at the start: processes that wanted to run, over the last minute. */
  readonly loadAverage: number;
}

/** Looks around. `directory`: where durable clusters will have their files. */
export async function conditionsOf(directory: string): Promise<Conditions> {
  return {
    startedAt: new Date().toISOString(),
    commit: await currentCommit(),
    nodeVersion: process.version,
    system: `${systemType()} ${release()} ${process.arch}`,
    cores: cpus().length,
    cpuModel: cpus()[0]?.model ?? 'unknown',
    memoryBytes: totalmem(),
    fileSystem: await fileSystemOf(directory),
    loadAverage: loadavg()[0] ?? 0,
  };
}

async function currentCommit(): Promise<string | null> {
  const git = async (...args: string[]): Promise<string> =>
    (await promisify(execFile)('git', ['-C', fileURLToPath(new URL('.', import.meta.url)), ...args])).stdout.trim();
  try {
    const commit = await git('rev-parse', '--short=12', 'HEAD');
    const changes = await git('status', '--porcelain', '--', ':(top,glob)packages/*/src/**', ':(top)apps/bench/src');
    return changes === '' ? commit : `${commit}+`;
  } catch {
    return null;
  }
}

/** The type of the file system with the longest mount point above the folder: Linux tells, others don't. */
async function fileSystemOf(directory: string): Promise<string> {
  try {
    const mounts = (await readFile('/proc/mounts', 'utf8')).split('\n').map((line) => line.split(' '));
    const above = mounts.filter(([, point = '']) => directory === point || directory.startsWith(point === '/' ? '/' : `${point}/`));
    const [nearest] = above.toSorted(([, a = ''], [, b = '']) => b.length - a.length);
    return nearest?.[2] ?? 'unknown';
  } catch {
    return 'unknown';
  }
}
