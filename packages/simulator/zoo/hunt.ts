import { cpuUsage, stdout } from 'node:process';
import { Command } from 'commander';
import { runSeed } from '../src/campaign/run-seed.ts';

/** What a hunt through the seeds has found, printed as one line of JSON. */
export interface HuntResult {
  /** How many seeds were run. */
  readonly seeds: number;
  readonly cpuSeconds: number;
  readonly failure?: { readonly seed: number; readonly invariant: string; readonly message: string };
  /** Each of the first seeds ended in an error that no rule of Raft has a part in: the bug is a mistake in the zoo. */
  readonly broken?: true;
}

/** Mistakes of whoever wrote the bug look like this. */
const mistake = /\b(TypeError|ReferenceError|SyntaxError)\b/;
/** So many seeds in a row have to end so. */
const mistakesInARow = 5;

async function hunt(first: number, last: number, off: readonly string[], maxCpuSeconds: number): Promise<HuntResult> {
  const spent = (): number => {
    const { user, system } = cpuUsage();
    return Math.round((user + system) / 1000) / 1000;
  };
  let failure: HuntResult['failure'];
  let mistakes = 0;
  for (let seed = first; seed <= last; seed++) {
    const history = await runSeed({ seed, off: off as never });
    if (history.failure !== undefined) {
      const { invariant, message } = history.failure;
      failure ??= { seed, invariant, message: message.slice(0, 600) };
      const isMistake = mistake.test(message);
      if (isMistake) mistakes += 1;
      if (mistakes === mistakesInARow) return { seeds: seed - first + 1, cpuSeconds: spent(), failure, broken: true };
      // Only a hunt that began with mistakes goes on, to see whether there is anything else.
      if (!isMistake || mistakes < seed - first + 1) return { seeds: failure.seed - first + 1, cpuSeconds: spent(), failure };
    } else if (failure !== undefined) {
      return { seeds: failure.seed - first + 1, cpuSeconds: spent(), failure };
    }
    if (spent() >= maxCpuSeconds && failure === undefined) return { seeds: seed - first + 1, cpuSeconds: spent() };
  }
  return { seeds: last - first + 1, cpuSeconds: spent(), ...(failure && { failure }) };
}

const program = new Command('hunt')
  .description('runs seeds until one breaks an invariant; in a copy of the workspace, this is the zoo’s child process')
  .requiredOption('--seeds <first..last>', 'which seeds')
  .option('--off <ids>', 'invariants that are not looked at, with commas', '')
  .option('--cpu-seconds <seconds>', 'gives up after so many', '60')
  .parse();
const options = program.opts<{ seeds: string; off: string; cpuSeconds: string }>();
const [first = 1, last = first] = options.seeds.split('..').map(Number);
const off = options.off === '' ? [] : options.off.split(',');
stdout.write(`${JSON.stringify(await hunt(first, last, off, Number(options.cpuSeconds)))}\n`);
