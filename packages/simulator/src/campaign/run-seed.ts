import { Cluster, type ClusterOptions } from '../world/cluster.ts';
import { drawKnobs } from '../world/knobs.ts';
import type { Stats } from '../trace/stats.ts';
import { Violation } from '../invariants/violation.ts';

export interface Failure {
  readonly seed: number;
  readonly invariant: string;
  readonly message: string;
}

export interface History {
  readonly hash: number;
  readonly events: number;
  readonly stats: Stats;
  readonly failure?: Failure;
}

/** One seed's history, and what broke in it. */
export function runSeed(options: ClusterOptions): History & { readonly lines: readonly string[] } {
  const cluster = new Cluster(options);
  const { trace, stats } = cluster;
  const told = () => ({ hash: trace.hash >>> 0, events: trace.events, stats, lines: trace.lines ?? [] });
  try {
    cluster.run();
    return told();
  } catch (error) {
    if (error instanceof Violation)
      return { ...told(), failure: { seed: options.seed, invariant: error.invariant, message: error.message } };
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return { ...told(), failure: { seed: options.seed, invariant: 'I22', message: text } };
  }
}

/** A failure for a reader: what broke, how to see it again, and the last lines of the history. */
export function describeFailure(failure: Failure, options: Omit<ClusterOptions, 'seed'> = {}): string {
  const { lines } = runSeed({ ...options, seed: failure.seed, readable: true });
  const { profile, voters } = drawKnobs(failure.seed);
  return [
    `seed ${failure.seed} (${profile}, ${voters} voters): ${failure.message}`,
    `again: RAFT_SEED=${failure.seed} pnpm vitest packages/core/test/seeds.test.ts`,
    ...lines.slice(-60),
  ].join('\n');
}
