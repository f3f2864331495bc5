import type { Config } from '@raft/core';
import { type Outcome, type Outgoing, Raft } from '@raft/core/protocol';
import { type Configuration, encodeConfiguration, encodeEntry } from '@raft/wire';
import { encodeOperation } from '../clients/machine.ts';
import type { ClientOutcome } from '../clients/operation.ts';
import { Checks } from '../invariants/checks.ts';
import { ProtocolNode, type Tamper, type World } from '../nodes/protocol-node.ts';
import { RecordDisk } from '../nodes/record-disk.ts';
import type { NodeRequest, SimulatedNode } from '../nodes/simulated-node.ts';
import { noStats } from '../trace/stats.ts';
import { Trace } from '../trace/trace.ts';
import type { EventQueue } from '../world/event-queue.ts';
import { never } from '../world/knobs.ts';
import { Random } from '../world/random.ts';

/** What a script does to a node, and what it sees of it. */
export type ScenarioNode = Pick<
  SimulatedNode,
  | 'index'
  | 'id'
  | 'disk'
  | 'up'
  | 'life'
  | 'leads'
  | 'term'
  | 'appliedIndex'
  | 'identity'
  | 'status'
  | 'start'
  | 'crash'
  | 'cutPower'
  | 'coarsenTimers'
  | 'deliver'
  | 'submit'
>;

/** Where the log of the cluster stands, as the nodes' state machines and disks have shown it. */
export interface Ledger {
  /** The place that this operation has in some node's log, the latest one. */
  placeOf(id: number): { readonly index: number; readonly term: number } | undefined;
  /** Where this operation was applied. */
  appliedAt(id: number): number | undefined;
  /** Of the last entry that any node has applied. */
  lastApplied(): number;
}

export interface NodesOptions {
  readonly seed: number;
  readonly count: number;
  readonly config: Config;
  readonly tamper: Tamper | undefined;
  readonly queue: EventQueue;
  readonly send: (from: number, outgoing: Outgoing) => void;
  readonly reconnect: (node: number) => void;
}

/** Nodes at the level of the protocol, over record disks that hold the cluster's first configuration, with every invariant watched. */
export function makeNodes(options: NodesOptions): { readonly nodes: readonly ScenarioNode[]; readonly ledger: Ledger } {
  const { seed, count, config, tamper, queue } = options;
  const stats = noStats();
  const checks = new Checks(stats, []);
  const nodes: TodayNode[] = [];
  const random = new Random(seed, 'scenario nodes');
  const world: World = {
    queue,
    knobs: {
      profile: 'mix',
      voters: count,
      config,
      preformed: true,
      bootstrap: [],
      formInPeace: true,
      chaos: 0,
      network: { latency: 0, loss: 0, duplicate: 0, reorder: 0, late: 0, partitionEvery: never, oneWay: 0, encoded: false },
      disk: { latency: random.pick([100, 300, 1000]), stall: 0, failure: 0, wipeEvery: never },
      process: { crashEvery: never, fastRestart: false, crashPoint: 0, pauseEvery: never, hideEvery: never },
      clients: { count: 0, readShare: 0, pinned: 0, toLeader: 0, patience: 0, thinking: 0, burst: 0, valueBytes: 0 },
      clockRates: Array.from({ length: count }, () => 1),
      gather: 0,
      applyDelay: 50,
    },
    checks,
    stats,
    trace: new Trace(false),
    tamper: tamper ?? {},
    randomOf: (concern) => new Random(seed, concern),
    create: (raftOptions) => new Raft(raftOptions),
    send: options.send,
    reconnect: options.reconnect,
    outcome: (node, outcome) => nodes[node]?.outcome(outcome),
    read: () => undefined,
    applied: (node, index) => nodes[node]?.applied(index),
    crash: () => undefined,
  };
  const disks = Array.from({ length: count }, () => new RecordDisk(storageId(random)));
  const configuration: Configuration = { voters: disks.map(({ storageId: id }, index) => ({ id: `n${index}`, storageId: id })) };
  const entry = encodeEntry({ index: 1, term: 1, kind: 'configuration', data: encodeConfiguration(configuration) });
  for (const disk of disks) {
    disk.clusterId = '0'.repeat(32);
    disk.hardState = { currentTerm: 1, votedFor: null };
    disk.entries = [entry];
  }
  checks.preformed(entry);
  checks.disks = disks;
  nodes.push(...disks.map((disk, index) => new TodayNode(new ProtocolNode(world, index, disk))));
  return {
    nodes,
    ledger: {
      placeOf: (id) => nodes.map((node) => node.places.get(id)).find((place) => place !== undefined),
      appliedAt: (id) => checks.appliedAt.get(id),
      lastApplied: () => Math.max(...nodes.map(({ appliedIndex }) => appliedIndex)),
    },
  };
}

function storageId(random: Random): string {
  return Array.from({ length: 4 }, () => random.u32().toString(16).padStart(8, '0')).join('');
}

class TodayNode implements ScenarioNode {
  readonly places = new Map<number, { readonly index: number; readonly term: number }>();
  private readonly inner: ProtocolNode;
  constructor(inner: ProtocolNode) {
    this.inner = inner;
  }
  get index() {
    return this.inner.index;
  }
  get id() {
    return this.inner.id;
  }
  get disk() {
    return this.inner.disk;
  }
  get up() {
    return this.inner.up;
  }
  get life() {
    return this.inner.life;
  }
  get leads() {
    return this.inner.leads;
  }
  get term() {
    return this.inner.term;
  }
  get appliedIndex() {
    return this.inner.applier.machine.index;
  }
  identity() {
    return this.inner.identity();
  }
  status() {
    return this.inner.status();
  }
  start() {
    this.inner.start();
  }
  crash() {
    this.inner.crash(this.inner.disk.unsynced.length);
  }
  cutPower() {}
  coarsenTimers(grain: number) {
    this.inner.coarsenTimers(grain);
  }
  deliver(event: Parameters<SimulatedNode['deliver']>[0]) {
    this.inner.deliver(event);
  }
  submit(requests: readonly NodeRequest[], settled: (id: number, outcome: ClientOutcome) => void) {
    this.settled = settled;
    this.inner.deliver({
      type: 'Propose',
      proposals: requests.flatMap((request) =>
        request.kind === 'command' ? [{ id: request.id, data: encodeOperation(request.id, request.data.length) }] : [],
      ),
    });
  }
  private settled: (id: number, outcome: ClientOutcome) => void = () => undefined;
  outcome(outcome: Outcome) {
    if ('appended' in outcome) this.places.set(outcome.id, outcome.appended);
    else this.settled(outcome.id, { type: 'rejected' });
  }
  applied(_index: number) {}
}
