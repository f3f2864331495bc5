import { cpuUsage, stdout } from 'node:process';
import { Command } from 'commander';
import { runSeed } from '../src/campaign/run-seed.ts';
import { Violation } from '../src/invariants/violation.ts';
import { runScenarios } from '../src/scenarios/run-scenarios.ts';
import type { Level } from '../src/world/plan.ts';

/** What a hunt has found, printed as one line of JSON. */
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

interface Hunt {
  readonly first: number;
  readonly last: number;
  readonly off: ReadonlySet<string>;
  readonly level: Level | undefined;
  readonly maxCpuSeconds: number;
}

function spent(): number {
  const { user, system } = cpuUsage();
  return Math.round((user + system) / 1000) / 1000;
}

async function huntSeeds({ first, last, off, level, maxCpuSeconds }: Hunt): Promise<HuntResult> {
  let failure: HuntResult['failure'];
  let mistakes = 0;
  for (let seed = first; seed <= last; seed++) {
    const history = await runSeed({ seed, off, ...(level && { wishes: { level } }) });
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

async function huntScenario(name: string): Promise<HuntResult> {
  const [run] = await runScenarios([name]);
  const { failure } = run ?? {};
  if (failure === undefined) return { seeds: 1, cpuSeconds: spent() };
  const isViolation = failure instanceof Violation;
  const message = failure instanceof Error ? (failure.stack ?? failure.message) : String(failure);
  const told = {
    seed: 1,
    invariant: isViolation ? failure.invariant : 'I22',
    message: isViolation ? failure.message : message.slice(0, 600),
  };
  return { seeds: 1, cpuSeconds: spent(), failure: told, ...(mistake.test(told.message) && { broken: true }) };
}

const program = new Command('hunt')
  .description('Runs seeds, or a scenario, until an invariant is broken. In a copy of the workspace this is the zoo’s child process.')
  .option('--seeds <first..last>', 'which seeds', '1..1000')
  .option('--level <level>', 'at this level only')
  .option('--scenario <name>', 'this scenario, and no seeds')
  .option('--off <ids>', 'invariants that nobody watches, with commas', '')
  .option('--cpu-seconds <seconds>', 'gives up after so many', '60')
  .parse();
const options = program.opts<{ seeds: string; off: string; cpuSeconds: string; level?: Level; scenario?: string }>();
const [first = 1, last = first] = options.seeds.split('..').map(Number);
const off = new Set(options.off === '' ? [] : options.off.split(','));
const { level, scenario } = options;
const result =
  scenario === undefined
    ? await huntSeeds({ first, last, off, level, maxCpuSeconds: Number(options.cpuSeconds) })
    : await huntScenario(scenario);
stdout.write(`${JSON.stringify(result)}\n`);
