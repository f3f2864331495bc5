import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { parseReplay, type Replay } from '../campaign/replay.ts';
import { UsageError } from './exit-codes.ts';

/**
 * The JSON in a file.
 *
 * @throws UsageError when there is no such file, or something else in it.
 */
export function readJson(path: string): unknown {
  const text = readText(path);
  try {
    return JSON.parse(text);
  } catch {
    throw new UsageError(`${path}: this is not JSON`);
  }
}

/**
 * A failing history that was kept.
 *
 * @throws UsageError as {@link readJson}.
 */
export function readReplay(path: string): Replay {
  try {
    return parseReplay(readText(path));
  } catch (error) {
    throw error instanceof UsageError ? error : new UsageError(`${path}: ${reasonOf(error)}`);
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new UsageError(`${path}: ${(error as NodeJS.ErrnoException).code === 'ENOENT' ? 'there is no such file' : reasonOf(error)}`);
  }
}

/**
 * Writes JSON, whole or not at all: whoever finds half a part would merge it.
 *
 * @throws UsageError when it can't be written there.
 */
export function writeJson(path: string, value: unknown): void {
  try {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(`${path}.part`, `${JSON.stringify(value)}\n`);
    renameSync(`${path}.part`, path);
  } catch (error) {
    throw new UsageError(`${path}: ${reasonOf(error)}`);
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
