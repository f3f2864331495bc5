#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { refuseIgnored } from './arguments.ts';
import type { CampaignFlags } from './campaign-command.ts';
import { programName } from './code-version.ts';
import { type ExitCode, exitCodes, UsageError } from './exit-codes.ts';
import type { SeedFlags } from './seed-command.ts';
import type { ShrinkFlags } from './shrink-command.ts';

type Flags = Partial<CampaignFlags & SeedFlags & ShrinkFlags & { readonly replay: string; readonly shrink: string }>;

// Each command is loaded when it is asked for: help and mistakes need no cluster.

const examples = [
  ['--seeds 1..2000', 'a campaign, judged at its end'],
  ['--seeds 1..1000000 --shard 3/100 --json part-3.json', 'one part of it, on one machine of many'],
  ['merge part-*.json', 'the whole of it'],
  ['--seed 7 --trace', 'one history, to read'],
  ['--shrink raft-sim-failure-7.json', 'a smaller history that fails alike'],
] as const;

const help = [
  '',
  'Examples:',
  ...examples.map(([args, what]) => `  ${programName()} ${args.padEnd(54)}${what}`),
  '',
  'Exit codes:',
  '  0 passed · 1 a seed failed, or a campaign was too thin · 2 a mistake in what was typed or in a file · 130 interrupted',
].join('\n');

function program(finish: (code: ExitCode) => void): Command {
  const root = new Command(programName())
    .description('Runs whole Raft clusters through faults: one seed, one history.')
    .version(version())
    .exitOverride()
    .configureOutput({ outputError: (message, write) => write(message.replace(/^error: /, 'raft-sim: ')) })
    .option('--seeds <first..last>', 'run these seeds, and print what they add up to')
    .option('--jobs <n>', 'so many seeds at once (default: one for each core)')
    .option('--shard <k/n>', 'only part k of n, from 1; the parts are merged afterwards')
    .option('--json <file>', 'write the summary there, to be merged')
    .option('--failures <folder>', 'where the files of failing seeds go', '.')
    .option('--seed <n>', "run one seed's history")
    .option('--replay <file>', 'run the failing history in a file again')
    .option('--shrink <file>', 'look for a smaller history that fails as the one in a file')
    .option('--seconds <n>', 'how long --shrink looks (default: 60), or idle measures (default: 3)')
    .option('--runs <n>', 'how many histories --shrink tries at most (default: 20000)')
    .option('--trace', 'print that history, one line for each event')
    .option('--ndjson', 'print that history as JSON, with the state variables of Figure 2')
    .addHelpText('after', help)
    .allowExcessArguments()
    .action(async (flags: Flags) => {
      const [unknown] = root.args;
      if (unknown !== undefined) throw new UsageError(`there is no command ${JSON.stringify(unknown)}; ${programName()} --help lists them`);
      finish(await choose(flags, root));
    });
  root
    .command('merge')
    .description('add up the parts of a campaign, and judge the whole')
    .argument('<files...>', 'what --json wrote, of every part')
    .option('--json <file>', 'write the whole there')
    .action(async (files: readonly string[], _flags: unknown, command: Command) => {
      const { mergeCommand } = await import('./merge-command.ts');
      finish(mergeCommand(files, command.optsWithGlobals()));
    });
  addTables(root, finish);
  return root;
}

function addTables(root: Command, finish: (code: ExitCode) => void): void {
  root
    .command('scenarios')
    .description('run the scenarios, all or those whose names have one of these words in them')
    .argument('[names...]')
    .option('--list', 'name them instead')
    .action(async (names: readonly string[], _flags: unknown, command: Command) => {
      const { scenariosCommand } = await import('./scenarios-command.ts');
      finish(await scenariosCommand(names, command.optsWithGlobals()));
    });
  root
    .command('invariants')
    .description('list what must hold in every history')
    .action(async () => (await import('./table-commands.ts')).invariantsCommand());
  root
    .command('marks')
    .description('list the rare branches that a campaign must reach')
    .action(async () => (await import('./table-commands.ts')).marksCommand());
  root
    .command('idle')
    .description('measure how fast a cluster is simulated in which nothing happens')
    .action(async (_flags: unknown, command: Command) => {
      const { idleCommand } = await import('./idle-command.ts');
      finish(await idleCommand(command.optsWithGlobals()));
    });
}

/** What to do without a command: one of these options says it. */
async function choose(flags: Flags, root: Command): Promise<ExitCode> {
  const { seeds, seed, replay, shrink } = flags;
  const chosen = Object.entries({ seeds, seed, replay, shrink }).flatMap(([name, value]) => (value === undefined ? [] : [name]));
  if (chosen.length > 1) throw new UsageError(`give one of ${chosen.map((name) => `--${name}`).join(' and ')}`);
  refuseIgnored(
    chosen[0],
    Object.keys(flags).filter((name) => root.getOptionValueSource(name) === 'cli'),
  );
  if (seeds !== undefined) return (await import('./campaign-command.ts')).campaignCommand({ ...flags, seeds });
  if (seed !== undefined) return (await import('./seed-command.ts')).seedCommand({ ...flags, seed });
  if (replay !== undefined) return (await import('./seed-command.ts')).replayCommand(replay, flags);
  if (shrink !== undefined) return (await import('./shrink-command.ts')).shrinkCommand(shrink, flags);
  root.outputHelp({ error: true });
  return exitCodes.usage;
}

function version(): string {
  // In the package it stands two folders above this module, built or not.
  const file = new URL('../../package.json', import.meta.url);
  return (JSON.parse(readFileSync(file, 'utf8')) as { readonly version: string }).version;
}

// Whoever reads a trace through `head` has seen enough.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
});

try {
  await program((code) => {
    process.exitCode = code;
  }).parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    // Commander has told people already.
    process.exitCode = error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
  } else if (error instanceof UsageError) {
    process.stderr.write(`raft-sim: ${error.message}\n`);
    process.exitCode = exitCodes.usage;
  } else {
    throw error;
  }
}
