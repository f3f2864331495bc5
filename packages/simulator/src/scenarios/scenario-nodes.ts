import type { Config } from '@raft/core';
import type { Outgoing } from '@raft/core/protocol';
import { type Configuration, type Entry, encodeConfiguration, encodeEntry } from '@raft/wire';
import type { Ledger } from '../invariants/ledger.ts';
import type { Observer } from '../invariants/observer.ts';
import type { Oracle } from '../invariants/oracle.ts';
import { watch } from '../invariants/watch.ts';
import { ProtocolNode } from '../nodes/protocol-node.ts';
import { RecordDisk } from '../nodes/record-disk.ts';
import type { SimulatedNode } from '../nodes/simulated-node.ts';
import { noStats } from '../trace/stats.ts';
import { Trace } from '../trace/trace.ts';
import type { EventQueue } from '../world/event-queue.ts';
import type { Plan } from '../world/plan.ts';
import { Random } from '../world/random.ts';

export interface NodesOptions {
  readonly seed: number;
  readonly count: number;
  readonly config: Config;
  readonly off: ReadonlySet<string>;
  readonly queue: EventQueue;
  readonly observers: readonly Observer[];
  /** Their disks may be told to stall, and fail now and then to read or store part of a snapshot. */
  readonly rough: boolean;
  send(from: number, outgoing: Outgoing): void;
  reconnect(node: number): void;
}

export interface Nodes {
  readonly nodes: readonly SimulatedNode[];
  readonly ledger: Ledger;
  readonly oracle: Oracle;
}

/** Nodes at the level of the protocol, over record disks that hold the cluster's first configuration, with every invariant watched. */
export function makeNodes(options: NodesOptions): Nodes {
  const { seed, count, config, queue } = options;
  const random = new Random(seed, 'scenario nodes');
  const disks = Array.from({ length: count }, () => new RecordDisk(drawStorageId(random)));
  const { oracle, ledger } = watch({ off: options.off, disks: () => disks, limits: config, also: options.observers });
  oracle.preformed(preform(disks));
  const world = {
    queue,
    plan: planOf(options, random.pick([100, 300, 1000])),
    oracle,
    stats: noStats(),
    trace: new Trace(false),
    randomOf: (concern: string) => new Random(seed, concern),
    crashPoint: () => false,
  };
  const nodes = disks.map((disk, index) => {
    const send = (outgoing: Outgoing) => options.send(index, outgoing);
    return new ProtocolNode({ ...world, send, reconnect: () => options.reconnect(index) }, index, disk);
  });
  if (!options.rough) for (const node of nodes) node.calmDown();
  return { nodes, ledger, oracle };
}

/** What nodes look at in a plan; scripts do the rest. */
function planOf({ seed, count, config }: NodesOptions, diskLatency: number): Plan {
  return {
    version: 1,
    seed,
    level: 'protocol',
    profile: 'mix',
    voters: count,
    config,
    preformed: true,
    bootstrap: 0,
    formInPeace: true,
    chaos: 0,
    latency: 0,
    encoded: false,
    diskLatency,
    gather: 0,
    applyDelay: 50,
    clockRates: Array.from({ length: count }, () => 1),
    clients: {
      count: 0,
      operations: 0,
      keys: 1,
      readShare: 0,
      pinned: 0,
      toLeader: 0,
      patience: 0,
      thinking: 0,
      retryAfter: 0,
      burst: 1,
      padding: 0,
    },
    faults: [],
    survivors: 0,
  };
}

/** Writes one first configuration to all of them, as if the cluster had formed. */
function preform(disks: readonly RecordDisk[]): Entry {
  const configuration: Configuration = { voters: disks.map(({ storageId }, index) => ({ id: `n${index}`, storageId })) };
  const entry = encodeEntry({ index: 1, term: 1, kind: 'configuration', data: encodeConfiguration(configuration) });
  for (const disk of disks) {
    disk.clusterId = '0'.repeat(32);
    disk.hardState = { currentTerm: 1, votedFor: null };
    disk.entries = [entry];
  }
  return entry;
}

function drawStorageId(random: Random): string {
  return Array.from({ length: 4 }, () => random.u32().toString(16).padStart(8, '0')).join('');
}
