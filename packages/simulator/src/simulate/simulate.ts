import type { StateMachine } from '@raft/core';
import { type Bytes, RaftError } from '@raft/wire';
import type { Workload as ClientWorkload } from '../clients/clients.ts';
import { Violation } from '../invariants/violation.ts';
import { Cluster } from '../world/cluster.ts';
import { type FaultFamily, faultFamilies } from '../world/draw-faults.ts';
import { drawPlan } from '../world/draw-plan.ts';
import type { Plan } from '../world/plan.ts';
import { Random } from '../world/random.ts';
import { OwnChecks } from './own-checks.ts';
import { tellingMachine } from './telling-machine.ts';

/** Chance, for whoever draws what a client asks: the seed's own, so that a seed repeats. */
export interface Draw {
  /** Which client asks, from 0. */
  readonly client: number;
  /** How many operations it has begun. */
  readonly step: number;
  /** A whole number from low to high, both included. */
  between(low: number, high: number): number;
  chance(probability: number): boolean;
  pick<T>(items: readonly T[]): T;
}

export interface SimulateOptions<Query> {
  /** A new, empty machine; called for each life of each node. It must not share state with the others. */
  readonly stateMachine: () => StateMachine<unknown, Query, unknown>;
  readonly workload: {
    /** A command to propose. */
    readonly command: (draw: Draw) => Bytes;
    /** Something to ask; without it clients only write. */
    readonly query?: (draw: Draw) => Query;
  };
  /** The first and the last; 1 to 100 by default. */
  readonly seeds?: readonly [first: number, last: number];
  /** Which kinds of trouble; all by default, and none with an empty list. */
  readonly faults?: readonly FaultFamily[];
  readonly voters?: number;
  /** Called behind each seed. */
  readonly onSeed?: (seed: number, failure: SimulateFailure | undefined) => void;
}

export interface SimulateFailure {
  readonly seed: number;
  /**
   * What broke: `determinism`, `linearizable`, or the id of an invariant. `I22` is something that was thrown; others (I01 …) are bugs of this project's:
   * please report them with the seed.
   */
  readonly invariant: string;
  readonly message: string;
  /** The last lines of the history. */
  readonly trace: readonly string[];
}

export interface SimulateReport {
  readonly seeds: number;
  readonly failures: readonly SimulateFailure[];
  /** Totals over all seeds. */
  readonly faults: number;
  readonly elections: number;
  readonly commands: number;
  readonly queries: number;
  readonly snapshotsRestored: number;
  /** Virtual time, in seconds. */
  readonly simulatedSeconds: number;
}

/** The state machine is not the simulator's own: what these say is said by {@link OwnChecks}. */
const replaced = new Set(['I15', 'I16', 'I17', 'linearizable']);
const keptLines = 60;
const mostVoters = 7;

/**
 * Runs a state machine of your own in clusters of whole nodes, through faults: one seed, one history. Every node must come to the same results
 * (determinism of `apply`), every snapshot must hold all of the state and nothing later, and what clients see must be linearizable. Failures are
 * reported, not thrown; after ten of them it ends.
 *
 * @throws RaftError `invalidArgument` for options that make no sense, and for a workload that throws.
 */
export async function simulate<Query = never>(options: SimulateOptions<Query>): Promise<SimulateReport> {
  const [first, last] = options.seeds ?? [1, 100];
  const unknown = options.faults?.find((family) => !faultFamilies.includes(family));
  if (unknown !== undefined)
    throw new RaftError('invalidArgument', `no faults are called ${unknown}; there are ${faultFamilies.join(', ')}`);
  if (!(Number.isSafeInteger(first) && Number.isSafeInteger(last) && first <= last)) {
    throw new RaftError('invalidArgument', `seeds ${first} to ${last}: two whole numbers, the smaller one first`);
  }
  const { voters } = options;
  if (voters !== undefined && !(Number.isInteger(voters) && voters >= 1 && voters <= mostVoters)) {
    throw new RaftError('invalidArgument', `${voters} voters: a whole number from 1 to ${mostVoters}`);
  }
  const failures: SimulateFailure[] = [];
  const sum = { seeds: 0, faults: 0, elections: 0, commands: 0, queries: 0, snapshotsRestored: 0, simulatedSeconds: 0 };
  for (let seed = first; seed <= last && failures.length < 10; seed++) {
    const failure = await runOne(seed, options, sum);
    if (failure !== undefined) failures.push(failure);
    options.onSeed?.(seed, failure);
  }
  return { ...sum, failures };
}

async function runOne<Query>(
  seed: number,
  { stateMachine, workload, faults, voters }: SimulateOptions<Query>,
  sum: { -readonly [Total in keyof Omit<SimulateReport, 'failures'>]: number },
): Promise<SimulateFailure | undefined> {
  const drawn = drawPlan(seed, { level: 'node', ...(faults && { faults }), ...(voters === undefined ? {} : { voters }) });
  const plan: Plan = workload.query === undefined ? { ...drawn, clients: { ...drawn.clients, readShare: 0 } } : drawn;
  let unseen: Violation | undefined;
  const makeMachine = () =>
    tellingMachine(stateMachine() as StateMachine<unknown, unknown, unknown>, (violation) => {
      unseen ??= violation;
    });
  const checks = new OwnChecks(makeMachine, new Random(seed, 'replay'));
  let restored = 0;
  const counter = { restores: () => restored++ };
  let mistake: RaftError | undefined;
  const own = { makeMachine, workload: clientsOf(workload, (error) => (mistake = error)) };
  const cluster = new Cluster(plan, { off: replaced, observers: [checks, counter], own, readable: true });
  let failure: SimulateFailure | undefined;
  try {
    await cluster.run();
    await checks.replay();
    if (unseen !== undefined) throw unseen;
  } catch (caught) {
    if (mistake !== undefined) throw mistake;
    // What the machine did comes before what came of it.
    const error = unseen ?? caught;
    const trace = cluster.trace.lines?.slice(-keptLines) ?? [];
    const invariant = error instanceof Violation ? error.invariant : 'I22';
    const text = error instanceof Error ? error.message : String(error);
    // A violation's begins with its id, which stands beside it here.
    const message = text.startsWith(`${invariant}: `) ? text.slice(invariant.length + 2) : text;
    failure = { seed, invariant, message, trace };
  }
  const { stats, now } = cluster;
  sum.seeds++;
  sum.faults += stats.faults;
  sum.elections += stats.elections;
  sum.commands += stats.committed;
  sum.queries += stats.readsServed;
  sum.snapshotsRestored += restored;
  sum.simulatedSeconds += now / 1e6;
  return failure;
}

function clientsOf<Query>({ command, query }: SimulateOptions<Query>['workload'], failed: (error: RaftError) => void): ClientWorkload {
  return {
    draw({ random, number, begun }, reads) {
      const draw: Draw = {
        client: number,
        step: begun,
        between: (low, high) => random.between(low, high),
        chance: (probability) => random.chance(probability),
        pick: (items) => random.pick(items),
      };
      return reads && query !== undefined
        ? { kind: 'query', input: drawn('query', () => query(draw), failed) }
        : { kind: 'command', data: drawn('command', () => command(draw), failed) };
    },
  };
}

/** A workload that throws is its author's mistake, and nothing that a seed found. */
function drawn<Value>(what: string, draw: () => Value, failed: (error: RaftError) => void): Value {
  try {
    return draw();
  } catch (cause) {
    const message = `workload.${what} threw: ${cause instanceof Error ? cause.message : String(cause)}`;
    const error = new RaftError('invalidArgument', message, { cause });
    failed(error);
    throw error;
  }
}
