import { type Configuration, encodeConfiguration, encodeEntry } from '@raft/wire';
import { Raft } from '@raft/core/protocol';
import { Checks } from '../invariants/checks.ts';
import { Clients } from '../clients/clients.ts';
import { EventQueue } from './event-queue.ts';
import { Faults, type Victims } from './faults.ts';
import { drawKnobs, type Knobs } from './knobs.ts';
import type { Switchable } from '../invariants/message-checks.ts';
import { Random } from './random.ts';
import { RecordDisk } from '../nodes/record-disk.ts';
import { Network } from './network.ts';
import { ProtocolNode, type Tamper, type World } from '../nodes/protocol-node.ts';
import { noStats, type Stats } from '../trace/stats.ts';
import { Trace } from '../trace/trace.ts';
import { demand } from '../invariants/violation.ts';

export interface ClusterOptions {
  readonly seed: number;
  readonly readable?: boolean;
  readonly tamper?: Tamper;
  readonly off?: readonly Switchable[];
}

/** No history that is well takes so many events: more of them means that somebody spins. */
const maxEvents = 300_000;

/** One history: nodes, network, clients and faults, all drawn from one seed. */
export class Cluster {
  readonly knobs: Knobs;
  readonly stats: Stats = noStats();
  readonly trace: Trace;
  private readonly queue = new EventQueue();
  private readonly checks: Checks;
  private readonly nodes: readonly ProtocolNode[];
  private readonly network: Network;
  private readonly clients: Clients;
  private readonly faults: Faults;
  private readonly random: Random;
  private readonly timeout: number;
  private healed = false;

  constructor(options: ClusterOptions) {
    const { seed } = options;
    this.knobs = drawKnobs(seed);
    this.timeout = this.knobs.config.electionTimeoutMs * 1000;
    this.trace = new Trace(options.readable === true);
    this.checks = new Checks(this.stats, options.off ?? []);
    this.random = new Random(seed, 'cluster');
    const world: World = {
      queue: this.queue,
      knobs: this.knobs,
      checks: this.checks,
      stats: this.stats,
      trace: this.trace,
      tamper: options.tamper ?? {},
      randomOf: (concern) => new Random(seed, concern),
      create: (raftOptions) => new Raft(raftOptions),
      send: (from, outgoing) => this.network.send(from, outgoing),
      reconnect: (node) => this.network.reconnect(node),
      outcome: (node, outcome) => this.clients.outcome(node, outcome),
      read: (node, outcome) => this.clients.read(node, outcome),
      applied: (node, index) => this.clients.applied(node, index),
      crash: (node) => {
        this.crash(node);
        this.faults.reviveLater(node);
      },
    };
    this.nodes = this.makeNodes(world);
    this.refreshDisks();
    this.network = new Network({
      nodes: this.nodes,
      queue: this.queue,
      random: world.randomOf('network'),
      knobs: this.knobs.network,
      timeout: this.timeout,
      stats: this.stats,
    });
    this.clients = new Clients(world, this.nodes);
    const victims: Victims = {
      world,
      nodes: this.nodes,
      network: this.network,
      crash: (node) => this.crash(node),
      restart: (node) => this.start(node),
      wipe: (node) => this.wipe(node),
    };
    this.faults = new Faults(victims);
  }

  /** Runs the whole history: forming, chaos, healing, and the proof that it lives. Throws a {@link Violation}. */
  run(): void {
    for (const node of this.nodes) this.queue.after(this.random.between(0, this.timeout), () => this.start(node.index));
    if (this.knobs.formInPeace) this.until(10, () => this.formed());
    this.clients.start();
    this.faults.start();
    this.runFor(this.knobs.chaos);
    this.heal();
    this.proveLife();
    this.clients.verify();
  }

  private makeNodes(world: World): readonly ProtocolNode[] {
    const ids = new Random(this.random.u32(), 'storage ids');
    const disks = Array.from({ length: this.knobs.voters }, () => new RecordDisk(storageId(ids)));
    if (this.knobs.preformed) {
      const configuration: Configuration = { voters: disks.map(({ storageId }, index) => ({ id: `n${index}`, storageId })) };
      const entry = encodeEntry({ index: 1, term: 1, kind: 'configuration', data: encodeConfiguration(configuration) });
      for (const disk of disks) {
        disk.clusterId = '0'.repeat(32);
        disk.hardState = { currentTerm: 1, votedFor: null };
        disk.entries = [entry];
      }
      this.checks.preformed(entry);
    }
    return disks.map((disk, index) => new ProtocolNode(world, index, disk));
  }

  private start(index: number): void {
    const node = this.node(index);
    if (node.up) return;
    node.start();
    if (this.healed) node.calmDown();
    this.network.restarted(index);
  }

  private crash(index: number): void {
    const node = this.node(index);
    if (!node.up) return;
    this.stats.crashes++;
    const { length } = node.disk.unsynced;
    // Killed: the page cache stays, and recovery syncs it. Power cut: a part of what was not synced is there, from the oldest on.
    const survivors = this.random.pick([0, 0, length, this.random.between(0, length)]);
    this.trace.note(this.queue.now, index, 'crash', () => `${survivors} of ${length} unsynced writes survive`);
    node.crash(survivors);
    this.network.crashed(index, this.random.chance(0.3));
    this.clients.crashed(index);
  }

  private wipe(index: number): void {
    this.crash(index);
    const node = this.node(index);
    node.lost = true;
    node.disk = new RecordDisk(storageId(this.random));
    this.refreshDisks();
    this.trace.note(this.queue.now, index, 'wipe', () => `now ${node.disk.storageId.slice(-4)}`);
  }

  private refreshDisks(): void {
    // A wiped disk counts with what it held: an acknowledgement of it may be under way.
    const now = this.nodes.map(({ disk }) => disk);
    this.checks.disks = [...this.checks.disks.filter((disk) => !now.includes(disk)), ...now];
  }

  private formed(): boolean {
    return this.nodes.every(({ disk, up }) => up && disk.clusterId !== undefined);
  }

  /** Faults end. A minimal quorum comes back, or everybody; the others stay away for ever. */
  private heal(): void {
    this.trace.note(this.queue.now, -1, 'heal', () => 'for good');
    this.faults.stop();
    this.clients.stop();
    this.healed = true;
    this.network.healed = true;
    this.knobsAreCalm();
    const whole = this.nodes.filter((node) => !node.lost);
    const quorum = Math.floor(this.nodes.length / 2) + 1;
    const minimal = this.random.chance(0.5) ? this.random.shuffled(whole).slice(0, quorum) : this.nodes;
    // One that holds the configuration hands it to the others; where nobody does, forming takes everybody.
    const chosen = minimal.some(({ disk }) => disk.lastIndex > 0) ? minimal : this.nodes;
    const alive = new Set(chosen.map(({ index }) => index));
    this.network.partition((from, to) => alive.has(from) && alive.has(to));
    for (const node of this.nodes) {
      node.resume();
      node.coarsenTimers(0);
      if (!alive.has(node.index)) {
        if (node.up && this.random.chance(0.5)) this.crash(node.index);
      } else {
        if (node.stopped) this.crash(node.index);
        node.calmDown();
        this.queue.after(this.random.between(0, this.timeout), () => this.start(node.index));
      }
    }
    this.survivors = whole.filter(({ index }) => alive.has(index));
  }

  private survivors: readonly ProtocolNode[] = [];

  private knobsAreCalm(): void {
    for (const node of this.nodes) node.calmDown();
  }

  /** Liveness: a leader, every client served through every node, equal logs, and then a term that stays and few messages. */
  private proveLife(): void {
    const { survivors } = this;
    const stuck = () => survivors.map((node) => describeNode(node)).join(' · ');
    demand(
      this.until(40, () => this.leader() !== undefined),
      'liveness',
      () => `no leader: ${stuck()}`,
    );
    let open = survivors.length;
    for (const node of survivors) this.clients.insist(node.index, () => open--);
    demand(
      this.until(60, () => open === 0),
      'liveness',
      () => `${open} clients are not served: ${stuck()}`,
    );
    demand(
      this.until(60, () => this.converged()),
      'liveness',
      () => `the logs do not converge: ${stuck()}`,
    );
    this.runFor(this.timeout * 2);
    const { term } = this.leader() ?? { term: -1 };
    // What goes to a node that is away is tried again with each heartbeat, and costs no more than its transport's refusal.
    const delivered = () => this.stats.messages - this.stats.dropped;
    const before = delivered();
    const heartbeats = 20;
    this.runFor(this.knobs.config.heartbeatIntervalMs * 1000 * heartbeats);
    demand(this.leader()?.term === term, 'liveness', () => `term ${term} did not last: ${stuck()}`);
    const budget = 2 * (this.nodes.length - 1) * (heartbeats * 1.15 + 3);
    const used = delivered() - before;
    demand(used <= budget, 'I19', () => `${used} messages in ${heartbeats} idle heartbeats of ${this.nodes.length} nodes`);
    this.checkLogLengths();
  }

  /** I20: after a snapshot the log is as short as the options say. */
  private checkLogLengths(): void {
    const { snapshotEveryEntries, trailingEntries } = this.knobs.config;
    for (const { id, disk, applier } of this.survivors) {
      const index = applier.machine.index;
      const snapshot = disk.snapshot?.meta.lastIncludedIndex ?? 0;
      const late = snapshotEveryEntries > 0 && index - snapshot > snapshotEveryEntries + 5;
      demand(!late, 'S19', () => `${id} applied up to ${index}, its last snapshot is of ${snapshot}`);
      const long = snapshot > 0 && snapshot - disk.firstIndex + 1 > trailingEntries + 200;
      demand(!long, 'I20', () => `${id} keeps its log from ${disk.firstIndex} under a snapshot of ${snapshot}`);
    }
  }

  private leader(): ProtocolNode | undefined {
    const leaders = this.survivors.filter((node) => node.leads);
    return leaders.reduce<ProtocolNode | undefined>((best, node) => (best !== undefined && best.term > node.term ? best : node), undefined);
  }

  private converged(): boolean {
    const states = this.survivors.map((node) => node.status());
    const first = states[0];
    return this.survivors.every((node, at) => {
      const state = states[at];
      if (state === undefined || first === undefined || state.lastIndex !== first.lastIndex) return false;
      return (
        state.commitIndex === state.lastIndex && state.durableIndex === state.lastIndex && node.applier.machine.index === state.lastIndex
      );
    });
  }

  /** Lets up to so many election time-outs pass, until it holds. */
  private until(timeouts: number, holds: () => boolean): boolean {
    const steps = timeouts * 4;
    for (let step = 0; step < steps; step++) {
      if (holds()) return true;
      this.runFor(this.timeout / 4);
    }
    return holds();
  }

  private runFor(microseconds: number): void {
    const end = this.queue.now + Math.floor(microseconds);
    while (this.queue.runNext(end)) demand(this.trace.events < maxEvents, 'I19', () => `more than ${maxEvents} events`);
  }

  private node(index: number): ProtocolNode {
    const node = this.nodes[index];
    if (node === undefined) throw new Error(`no node ${index}`);
    return node;
  }
}

function storageId(random: Random): string {
  return Array.from({ length: 4 }, () => random.u32().toString(16).padStart(8, '0')).join('');
}

function describeNode(node: ProtocolNode): string {
  const status = node.status();
  if (status === undefined) return `${node.id} down`;
  return `${node.id} ${status.role} term ${status.term} log ${status.firstIndex}..${status.lastIndex} commit ${status.commitIndex} durable ${status.durableIndex} applied ${node.applier.machine.index}`;
}
