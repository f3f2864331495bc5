import type { Failure } from '../campaign/run-seed.ts';
import { programName } from './code-version.ts';
import { lookOf, styled, wrapped } from './text.ts';

/** What broke in a seed, and the commands that show it again. */
export function tellFailure({ seed, message }: Pick<Failure, 'seed' | 'message'>, _folder: string): readonly string[] {
  const look = lookOf(process.stderr);
  return [
    ...wrapped(`${styled('red', '✗', look)} seed ${seed} · ${message}`, look.width, '    '),
    `    replay  ${programName()} --seed ${seed} --trace`,
  ];
}
