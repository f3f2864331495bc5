import { ScenarioCluster } from './scenario-cluster.ts';
import { scenarios } from './table.ts';

export interface ScenarioRun {
  readonly name: string;
  readonly virtualMs: number;
  readonly events: number;
  readonly messages: number;
  /** Histories of clients for which the search for an order was given up: neither right nor wrong. */
  readonly undecided: number;
  /** As the given clock counts; 0 without one. */
  readonly cpuMs: number;
  /** What went wrong, if anything did. */
  readonly failure?: unknown;
}

export interface ScenarioRunOptions {
  readonly seed?: number;
  /** Ids of invariants that nobody watches. */
  readonly off?: ReadonlySet<string>;
}

/** Runs one scenario to its end. Rejects with the `Violation` that it found; `invalid` name: an `Error`. */
export async function runScenario(name: string, options: ScenarioRunOptions = {}): Promise<Omit<ScenarioRun, 'cpuMs' | 'failure'>> {
  const scenario = scenarios.find((each) => each.name === name);
  if (scenario === undefined) throw new Error(`no scenario is called ${name}`);
  const { nodes, config, rough = false, level = 'protocol', run } = scenario;
  const { seed = 1, off = new Set() } = options;
  const cluster = new ScenarioCluster({ nodes, seed, off, rough, level, ...(config && { config }) });
  await run(cluster);
  cluster.close();
  return { name, virtualMs: cluster.nowMs, events: cluster.events, messages: cluster.network.messages, undecided: cluster.undecided };
}

/** Runs the named ones, or all, one behind the other. `cpuMs`: a clock of the caller's that counts milliseconds of CPU. */
export async function runScenarios(
  names: readonly string[] = scenarios.map(({ name }) => name),
  options: ScenarioRunOptions & { readonly cpuMs?: () => number } = {},
): Promise<readonly ScenarioRun[]> {
  const { cpuMs = () => 0, ...rest } = options;
  const runs: ScenarioRun[] = [];
  for (const name of names) {
    const before = cpuMs();
    try {
      const run = await runScenario(name, rest);
      runs.push({ ...run, cpuMs: cpuMs() - before });
    } catch (failure) {
      runs.push({ name, virtualMs: 0, events: 0, messages: 0, undecided: 0, cpuMs: cpuMs() - before, failure });
    }
  }
  return runs;
}
