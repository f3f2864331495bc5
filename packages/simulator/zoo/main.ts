import { writeFileSync } from 'node:fs';
import { argv, stdout } from 'node:process';
import { Command, InvalidArgumentError } from 'commander';
import { type Bug, kindOf } from './bug.ts';
import { invariantsToSwitchOff } from './invariants.ts';
import { lineOf, offLineOf, summaryOf } from './report.ts';
import { Keeper, type Verdict } from './run-bug.ts';
import { spreadOf, zoo } from './table.ts';
import { root, WorkspaceCopy } from './workspace-copy.ts';

interface Options {
  readonly seeds: number;
  readonly cpuSeconds: number;
  readonly jobs: number;
  readonly json?: string;
  readonly sample?: number;
  readonly kind?: string;
  readonly off: boolean;
  readonly verbose: boolean;
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError('a whole number from 1 is expected');
  return value;
}

/** Works through what there is to do, each job in a copy of its own. */
async function inCopies<Item>(
  items: readonly Item[],
  options: Options,
  work: (keeper: Keeper, item: Item) => Promise<void>,
): Promise<void> {
  const waiting = [...items];
  const job = async (): Promise<void> => {
    using copy = new WorkspaceCopy();
    const keeper = new Keeper(copy, { seeds: options.seeds, cpuSeconds: options.cpuSeconds });
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) await work(keeper, item);
  };
  await Promise.all(Array.from({ length: Math.min(options.jobs, items.length) }, job));
}

async function runBugs(bugs: readonly Bug[], options: Options): Promise<boolean> {
  const results: { readonly bug: Bug; readonly verdict: Verdict }[] = [];
  await inCopies(bugs, options, async (keeper, bug) => {
    const verdict = await keeper.run(bug);
    results.push({ bug, verdict });
    stdout.write(`${lineOf(bug, verdict, options.verbose)}\n`);
  });
  stdout.write(`\n${summaryOf(results.map(({ verdict }) => verdict))}\n`);
  if (options.json !== undefined) {
    const rows = results.map(({ bug, verdict }) => ({ id: bug.id, name: bug.name, expected: kindOf(bug), ...verdict }));
    writeFileSync(options.json, `${JSON.stringify(rows, undefined, 2)}\n`);
  }
  return results.every(({ verdict }) => verdict.kind !== 'missed' && verdict.kind !== 'broken');
}

/** For each invariant: with it a bug is caught, without it that bug slips through. */
async function switchOff(ids: readonly string[], options: Options): Promise<boolean> {
  let isShown = true;
  const rows = invariantsToSwitchOff.filter(({ invariant }) => ids.length === 0 || ids.includes(invariant));
  await inCopies(rows, options, async (keeper, row) => {
    const shown = 'reason' in row ? undefined : await keeper.switchOff(row, bugOf(row.bug));
    isShown &&= shown === undefined || (shown.seen.kind === 'caught' && shown.unseen.kind === 'missed');
    stdout.write(`${offLineOf(row, shown)}\n`);
  });
  return isShown;
}

function bugOf(name: string): Bug {
  const bug = zoo.find((other) => other.name === name);
  if (bug === undefined) throw new Error(`no bug is called “${name}”`);
  return bug;
}

const program = new Command('zoo')
  .description('Bugs that others had, put into a copy of today’s code: each must be caught.')
  .argument('[ids...]', 'only these bugs of the catalogue (with --off: these invariants)')
  .option('--seeds <n>', 'how many seeds a bug may take', wholeNumber, 10_000)
  .option('--cpu-seconds <n>', 'how long a bug may take', wholeNumber, 60)
  .option('--jobs <n>', 'so many bugs at once', wholeNumber, 2)
  .option('--json <file>', 'writes the results')
  .option('--sample <n>', 'only so many of those to catch, spread over the catalogue, the same each time', wholeNumber)
  .option('--kind <kind>', 'only bugs that are caught so: seeds, scenario, test, equivalent or waits')
  .option('--off', 'shows for each invariant a bug that slips through without it', false)
  .option('--verbose', 'says what broke', false)
  .parse(argv);
const options = program.opts<Options>();
// Then `exit` clears up.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
const { args: ids } = program;
const chosen = zoo.filter(
  (bug) => (ids.length === 0 || ids.includes(bug.id)) && (options.kind === undefined || kindOf(bug) === options.kind),
);
const toCatch = chosen.filter((bug) => ['seeds', 'scenario', 'test'].includes(kindOf(bug)));
const bugs = options.sample === undefined ? chosen : spreadOf(toCatch, options.sample);
stdout.write(
  `${options.off ? 'invariants, one after the other switched off' : `${bugs.length} of ${zoo.length} bugs`}: the sources of ${root}\n\n`,
);
process.exitCode = (options.off ? await switchOff(ids, options) : await runBugs(bugs, options)) ? 0 : 1;
