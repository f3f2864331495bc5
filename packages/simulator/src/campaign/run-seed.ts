import { Violation } from '../invariants/violation.ts';
import type { Stats } from '../trace/stats.ts';
import { Cluster, type ClusterOptions } from '../world/cluster.ts';
import { drawPlan, type Wishes } from '../world/draw-plan.ts';
import type { Level, Plan, Profile } from '../world/plan.ts';

/** What broke, and when. */
export interface Failure {
  readonly seed: number;
  /** Its id in the table of invariants. */
  readonly invariant: string;
  readonly message: string;
  /** Microseconds of virtual time. */
  readonly at: number;
}

/** What came of one plan. */
export interface History {
  readonly seed: number;
  readonly level: Level;
  readonly profile: Profile;
  /** Of everything that happened: equal for equal plans, on every machine. */
  readonly hash: number;
  readonly events: number;
  /** Virtual time, in microseconds. */
  readonly simulatedUs: number;
  readonly stats: Stats;
  /** The trace, one line per event, where it was asked for. */
  readonly lines: readonly string[];
  readonly failure?: Failure;
}

/** The history of a seed. Never throws for what goes wrong in it: that is its `failure`. */
export function runSeed({
  seed,
  wishes,
  ...options
}: ClusterOptions & { readonly seed: number; readonly wishes?: Wishes }): Promise<History> {
  return runPlan(drawPlan(seed, wishes), options);
}

/** The history of a plan: a seed's own, or what shrinking left of one. */
export async function runPlan(plan: Plan, options: ClusterOptions = {}): Promise<History> {
  const cluster = new Cluster(plan, options);
  const { trace, stats } = cluster;
  const { seed, level, profile } = plan;
  const failure = await failureOf(cluster, seed);
  return {
    seed,
    level,
    profile,
    hash: trace.hash >>> 0,
    events: trace.events,
    simulatedUs: cluster.now,
    stats,
    lines: trace.lines ?? [],
    ...(failure && { failure }),
  };
}

async function failureOf(cluster: Cluster, seed: number): Promise<Failure | undefined> {
  try {
    await cluster.run();
    return undefined;
  } catch (error) {
    const at = cluster.now;
    if (error instanceof Violation) return { seed, invariant: error.invariant, message: error.message, at };
    return { seed, invariant: 'I22', message: error instanceof Error ? (error.stack ?? error.message) : String(error), at };
  }
}
