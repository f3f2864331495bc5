import { join } from 'node:path';
import type { Replay } from '../campaign/replay.ts';
import type { Failure } from '../campaign/run-seed.ts';
import { programName } from './code-version.ts';
import { writeJson } from './files.ts';
import { type Look, lookOf, styled, wrapped } from './text.ts';

/** What broke in a seed, and the commands that show it again. */
export function tellFailure(failure: Failure, file: string, look: Look = lookOf(process.stderr)): readonly string[] {
  return [
    ...describeFailure(failure, look),
    `  ${styled('dim', 'replay', look)}  ${programName()} --replay ${file}`,
    `  ${styled('dim', 'shrink', look)}  ${programName()} --shrink ${file}`,
  ];
}

/** What broke, and when. */
export function describeFailure({ seed, invariant, message, at }: Failure, look: Look): readonly string[] {
  const [first = '', ...rest] = message.split('\n');
  const text = first.startsWith(`${invariant}: `) ? first.slice(invariant.length + 2) : first;
  const head = `${styled('red', '✗', look)} seed ${seed} at ${(at / 1e6).toFixed(3)} s · ${styled('bold', invariant, look)} · ${text}`;
  return [...wrapped(head, look.width, '  '), ...rest.map((line) => `  ${line}`)];
}

/** Writes the file of a failing seed. Returns its path. */
export function writeReplay(replay: Replay, folder: string): string {
  const path = join(folder, `raft-sim-failure-${replay.failure.seed}.json`);
  writeJson(path, replay);
  return path;
}
