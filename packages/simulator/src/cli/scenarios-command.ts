import { runScenarios, type ScenarioRun } from '../scenarios/run-scenarios.ts';
import { scenarios, waitingScenarios } from '../scenarios/table.ts';
import { parseCount } from './arguments.ts';
import { programName } from './code-version.ts';
import { type ExitCode, exitCodes, UsageError } from './exit-codes.ts';
import { footOf, heading, print } from './table-commands.ts';
import { counted, duration, fitted, type Look, lookOf, styled, whole, wrapped } from './text.ts';

export interface ScenarioFlags {
  readonly list?: boolean;
  /** Of chance, where a scenario has some. */
  readonly seed?: string;
}

const widths = { name: 46, nodes: 7, virtual: 10, events: 10, messages: 10 } as const;

/** Runs the named scenarios, or all of them, in virtual time, or lists them. */
export async function scenariosCommand(wanted: readonly string[], { list = false, seed }: ScenarioFlags): Promise<ExitCode> {
  const names = wanted.length === 0 ? scenarios.map(({ name }) => name) : wanted.flatMap(namesLike);
  const look = lookOf(process.stdout);
  if (list) {
    listThem(names, look);
    return exitCodes.ok;
  }
  const cells = [
    ['name', widths.name],
    ['nodes', widths.nodes],
    ['time', widths.virtual],
    ['events', widths.events],
    ['messages', widths.messages],
    ['CPU', 0],
  ] as const;
  print([heading(cells, look)]);
  const runs: ScenarioRun[] = [];
  for (const name of names) {
    const [run] = await runScenarios([name], { cpuMs, ...(seed === undefined ? {} : { seed: parseCount(seed, '--seed') }) });
    if (run === undefined) continue;
    runs.push(run);
    print(rowsOf(run, look));
  }
  const failed = runs.filter(({ failure }) => failure !== undefined).length;
  const cpu = runs.reduce((sum, run) => sum + run.cpuMs, 0) / 1000;
  const waiting = wanted.length > 0 || waitingScenarios.length === 0 ? '' : `; ${waitingScenarios.length} wait for a feature`;
  const passed = `${counted(runs.length - failed, 'scenario')} passed`;
  print([
    '',
    `${failed === 0 ? styled('green', passed, look) : `${passed}, ${styled('red', `${failed} failed`, look)}`} in ${duration(cpu)} of CPU time${waiting}`,
  ]);
  return failed === 0 ? exitCodes.ok : exitCodes.failed;
}

function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** By its name, or by a part of it. */
function namesLike(text: string): readonly string[] {
  const names = scenarios.map(({ name }) => name);
  const found = names.includes(text) ? [text] : names.filter((name) => name.toLowerCase().includes(text.toLowerCase()));
  if (found.length > 0) return found;
  const waiting = waitingScenarios.find(({ name }) => name.toLowerCase().includes(text.toLowerCase()));
  if (waiting !== undefined) throw new UsageError(`the scenario ${JSON.stringify(waiting.name)} waits for ${waiting.waitsFor}`);
  throw new UsageError(`no scenario is called ${JSON.stringify(text)}; ${programName()} scenarios --list names them`);
}

function rowsOf({ name, virtualMs, events, messages, cpuMs: cpu, failure }: ScenarioRun, look: Look): readonly string[] {
  const mark = failure === undefined ? styled('green', '✓', look) : styled('red', '✗', look);
  const { nodes = 0 } = scenarios.find((scenario) => scenario.name === name) ?? {};
  const head = `${mark} ${fitted(name, widths.name - 2)}${String(nodes).padEnd(widths.nodes)}`;
  if (failure !== undefined) {
    const reason = failure instanceof Error ? failure.message : String(failure);
    return [head.trimEnd(), ...wrapped(reason, look.width - 4).map((line) => `    ${line}`)];
  }
  const cells = [
    `${(virtualMs / 1000).toFixed(1)} s`.padEnd(widths.virtual),
    whole(events).padEnd(widths.events),
    whole(messages).padEnd(widths.messages),
  ];
  return [`${head}${cells.join('')}${Math.round(cpu)} ms`];
}

function listThem(names: readonly string[], look: Look): void {
  const chosen = scenarios.filter(({ name }) => names.includes(name));
  const all = chosen.length === scenarios.length;
  print([
    heading(
      [
        ['name', widths.name],
        ['nodes', widths.nodes],
        ['source', 0],
      ],
      look,
    ),
    ...chosen.map(({ name, nodes, source }) => `${fitted(name, widths.name)}${String(nodes).padEnd(widths.nodes)}${source}`),
    ...(all
      ? waitingScenarios.map(({ name, waitsFor }) => `${fitted(name, widths.name)}${styled('yellow', `waits for ${waitsFor}`, look)}`)
      : []),
    '',
    footOf('scenario', all ? [...scenarios, ...waitingScenarios] : chosen),
  ]);
}
