import type { Config, WriteBatch } from '@raft/core';
import type { Outgoing } from '@raft/core/protocol';
import type { Message, Peer } from '@raft/wire';
import type { Ledger } from '../invariants/ledger.ts';
import type { Observer } from '../invariants/observer.ts';
import type { Oracle } from '../invariants/oracle.ts';
import { watch } from '../invariants/watch.ts';
import { MessageTransport } from '../nodes/message-transport.ts';
import type { NodeWorld } from '../nodes/node-world.ts';
import { ProtocolNode } from '../nodes/protocol-node.ts';
import { RaftNodeProcess } from '../nodes/raft-node-process.ts';
import { RecordDevice } from '../nodes/record-device.ts';
import { RecordDisk } from '../nodes/record-disk.ts';
import type { SimulatedNode } from '../nodes/simulated-node.ts';
import { noStats } from '../trace/stats.ts';
import { Trace } from '../trace/trace.ts';
import type { EventQueue } from '../world/event-queue.ts';
import { preformedBatch } from '../world/levels.ts';
import type { Plan } from '../world/plan.ts';
import { Random } from '../world/random.ts';

export interface NodesOptions {
  readonly seed: number;
  /** The protocol alone, or whole nodes. */
  readonly level: 'protocol' | 'node';
  readonly count: number;
  readonly config: Config;
  readonly off: ReadonlySet<string>;
  readonly queue: EventQueue;
  readonly observers: readonly Observer[];
  /** Their disks may be told to stall, and fail now and then to read or store part of a snapshot. */
  readonly rough: boolean;
  send(from: number, outgoing: Outgoing): void;
  reconnect(node: number): void;
  /** Something was thrown, or an invariant broken, where a whole node would catch it. */
  failed(error: unknown): void;
}

export interface Nodes {
  readonly nodes: readonly SimulatedNode[];
  readonly ledger: Ledger;
  readonly oracle: Oracle;
}

interface Parts {
  readonly world: NodeWorld;
  readonly storageIds: readonly string[];
  readonly preformed: WriteBatch;
}

/** Nodes over record disks that hold the cluster's first configuration, with every invariant watched. */
export function makeNodes(options: NodesOptions): Nodes {
  const { seed, count, config, queue } = options;
  const random = new Random(seed, 'scenario nodes');
  const storageIds = Array.from({ length: count }, () => drawStorageId(random));
  const preformed = preformedBatch(storageIds);
  let nodes: readonly SimulatedNode[] = [];
  const { oracle, ledger } = watch({
    off: options.off,
    disks: () => nodes.map(({ disk }) => disk),
    limits: config,
    also: options.observers,
  });
  for (const entry of preformed.entries) oracle.preformed(entry);
  const world: NodeWorld = {
    queue,
    plan: planOf(options, random.pick([100, 300, 1000])),
    oracle,
    stats: noStats(),
    trace: new Trace(false),
    randomOf: (concern) => new Random(seed, concern),
    crashPoint: () => false,
  };
  const parts = { world, storageIds, preformed };
  nodes = options.level === 'protocol' ? makeProtocols(options, parts) : makeProcesses(options, parts);
  if (!options.rough) for (const node of nodes) node.calmDown();
  return { nodes, ledger, oracle };
}

function makeProtocols(options: NodesOptions, { world, storageIds, preformed }: Parts): readonly SimulatedNode[] {
  return storageIds.map((storageId, index) => {
    const disk = new RecordDisk(storageId);
    disk.write(preformed);
    disk.sync();
    const send = (outgoing: Outgoing) => options.send(index, outgoing);
    return new ProtocolNode({ ...world, send, reconnect: () => options.reconnect(index) }, index, disk);
  });
}

function makeProcesses(options: NodesOptions, { world, storageIds, preformed }: Parts): readonly SimulatedNode[] {
  const { queue, plan, oracle, randomOf, crashPoint } = world;
  return storageIds.map(
    (id, index) =>
      new RaftNodeProcess({
        host: { queue, oracle, note: () => undefined, randomOf, crashPoint, failed: (error) => options.failed(error) },
        index,
        config: plan.config,
        peers: storageIds.map((_, member) => ({ id: `n${member}` })),
        bootstrap: false,
        storageId: id,
        preformed,
        makeDevice: (storageId) => new RecordDevice({ storageId, queue, random: randomOf(`disk ${storageId}`), latency: plan.diskLatency }),
        makeTransport: (life) => {
          const send = (to: Peer, message: Message) => options.send(index, { to, message });
          return new MessageTransport({ send, reconnect: () => options.reconnect(index) }, life);
        },
        clockRate: 1,
        turnDelay: 0,
        applyDelay: 0,
      }),
  );
}

/** What nodes look at in a plan; scripts do the rest. */
function planOf({ seed, level, count, config }: NodesOptions, diskLatency: number): Plan {
  return {
    version: 1,
    seed,
    level,
    profile: 'mix',
    voters: count,
    config,
    otherConfig: config,
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

function drawStorageId(random: Random): string {
  return Array.from({ length: 4 }, () => random.u32().toString(16).padStart(8, '0')).join('');
}
