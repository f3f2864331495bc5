import { runSeed } from '../campaign/run-seed.ts';
import { parseSeed } from './arguments.ts';
import { type ExitCode, exitCodes } from './exit-codes.ts';
import { tellFailure } from './failures.ts';
import { whole } from './text.ts';

export interface SeedFlags {
  readonly seed: string;
  readonly trace?: boolean;
  readonly failures?: string;
}

/** Runs one seed's history again, and prints it if somebody wants to read it. */
export async function seedCommand(flags: SeedFlags): Promise<ExitCode> {
  const seed = parseSeed(flags.seed);
  const readable = flags.trace === true;
  const history = await runSeed({ seed, readable });
  if (readable) process.stdout.write(history.lines.map((line) => `${line}\n`).join(''));
  const hash = history.hash.toString(16).padStart(8, '0');
  process.stderr.write(`seed ${seed} · ${whole(history.events)} events · trace ${hash}\n`);
  if (history.failure === undefined) return exitCodes.ok;
  process.stderr.write(`${tellFailure(history.failure, flags.failures ?? '.').join('\n')}\n`);
  return exitCodes.failed;
}
