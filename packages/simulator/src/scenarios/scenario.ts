import type { ConfigInput } from '@raft/core';
import type { ScenarioCluster } from './scenario-cluster.ts';

/** A script against a cluster, with what must come out of it. */
export interface Scenario {
  readonly name: string;
  readonly nodes: number;
  /** Where it is described: the labs of MIT 6.5840 (part and what they call it), or the list of the project. */
  readonly source: string;
  /** What differs from the defaults of a node. */
  readonly config?: ConfigInput;
  /** Disks may be told to stall, and fail now and then to read or store part of a snapshot. */
  readonly rough?: boolean;
  /** The protocol alone (the default), or whole nodes. */
  readonly level?: 'protocol' | 'node';
  /** Throws a `Violation` when an invariant breaks, or when something does not come out as the script says. */
  readonly run: (cluster: ScenarioCluster) => void | Promise<void>;
}

/** A scenario of something that is not built yet. */
export interface WaitingScenario {
  readonly name: string;
  readonly waitsFor: string;
}
