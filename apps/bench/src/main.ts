/** Entry of `pnpm bench`: reads the command line, measures, prints. */
import { writeFile } from 'node:fs/promises';
import { valueBytes } from './load.ts';
import { type Options, parseArguments } from './options.ts';
import { profilesIn } from './profile.ts';
import { reportOf } from './report.ts';
import { run } from './run.ts';
import { formatProfiles, formatReport } from './table.ts';

/** What a shell reports for a program that Ctrl-C ended. */
const interruptedExitCode = 130;

async function bench(options: Options): Promise<number> {
  const interruption = new AbortController();
  const interrupt = (): void => interruption.abort(new Error('interrupted'));
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, interrupt);
  try {
    const results = await run({ options, signal: interruption.signal, progress: (text) => process.stderr.write(`${text}\n`) });
    const report = reportOf({ ...results, valueBytes });
    process.stdout.write(`${formatReport(report)}\n`);
    if (options.profile !== undefined) process.stdout.write(`\n${formatProfiles(await profilesIn(options.profile))}\n`);
    if (options.json !== undefined) await writeFile(options.json, `${JSON.stringify(report, null, 2)}\n`);
    return 0;
  } catch (error) {
    if (interruption.signal.aborted) return interruptedExitCode;
    process.stderr.write(`error: ${error instanceof Error ? error.message : String(error)}\n`);
    return 1;
  }
}

const parsed = parseArguments(process.argv.slice(2));
if ('options' in parsed) {
  process.exitCode = await bench(parsed.options);
} else {
  (parsed.exitCode === 0 ? process.stdout : process.stderr).write(`${parsed.text}\n`);
  process.exitCode = parsed.exitCode;
}
