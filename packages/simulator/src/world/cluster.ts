import type { Config } from '@raft/core';
import { Clients, type Workload } from '../clients/clients.ts';
import { settle } from '../devices/settle.ts';
import type { Limits } from '../invariants/invariant.ts';
import type { Observer } from '../invariants/observer.ts';
import type { Oracle } from '../invariants/oracle.ts';
import { demand } from '../invariants/violation.ts';
import { watch } from '../invariants/watch.ts';
import { ClientHistory } from '../linearizability/history.ts';
import { askSecondOpinion } from '../linearizability/second-opinion.ts';
import type { DiskView } from '../nodes/disk-view.ts';
import type { SimulatedMachine } from '../nodes/kv-state-machine.ts';
import type { NodeWorld } from '../nodes/node-world.ts';
import type { SimulatedNode } from '../nodes/simulated-node.ts';
import { countInto } from '../trace/count.ts';
import { noStats, type Stats } from '../trace/stats.ts';
import { Trace } from '../trace/trace.ts';
import { EventQueue } from './event-queue.ts';
import { type Crash, Faults } from './faults.ts';
import { buildStage, preformedBatch, type Stage, type StageOptions } from './levels.ts';
import { Liveness } from './liveness.ts';
import type { Links } from './network.ts';
import type { Plan } from './plan.ts';
import { Random } from './random.ts';

export interface ClusterOptions {
  /** Ids of invariants that nobody watches. */
  readonly off?: ReadonlySet<string>;
  /** Whoever watches besides. */
  readonly observers?: readonly Observer[];
  /** Keep the lines of the trace. */
  readonly readable?: boolean;
  /** Somebody's own state machine, one for each life of a node, and what its clients ask. Not at the level of the protocol. */
  readonly own?: { readonly makeMachine: () => SimulatedMachine<unknown, unknown, unknown>; readonly workload: Workload };
}

/** No history that is well takes so many events: more of them means that somebody spins. */
const maxEvents = 1_000_000;
/** One seed in so many has its clients' history searched for an order as well: the log says it for all of them. */
const secondOpinionEvery = 8;

/** One history: nodes, network, clients and faults, all as the plan says. */
export class Cluster {
  readonly stats: Stats = noStats();
  readonly trace: Trace;
  private readonly plan: Plan;
  private readonly queue = new EventQueue();
  private readonly oracle: Oracle;
  private readonly lastCommitted: () => number;
  private readonly stage: Stage;
  /** Every disk that ever was: an acknowledgement of a wiped one may be under way. */
  private readonly disks: DiskView[] = [];
  private readonly clients: Clients;
  private readonly faults: Faults;
  private readonly history: ClientHistory | undefined;
  private readonly ids: Random;
  /** Nodes that were started with the other configuration last. */
  private readonly reconfigured = new Set<number>();
  /** Nodes on whose disks bits have flipped, known or not. */
  private readonly rotten = new Set<number>();
  /** What was thrown where a node would have caught it. */
  private broken: Error | undefined;
  private readonly timeout: number;

  constructor(plan: Plan, options: ClusterOptions = {}) {
    const { seed } = plan;
    const { queue, stats } = this;
    this.plan = plan;
    this.timeout = plan.config.electionTimeoutMs * 1000;
    this.trace = new Trace(options.readable === true);
    const hunter: Observer = { sends: (_node, _to, { type }) => type === 'RequestVote' && this.faults.votesAsked() };
    const off = options.off ?? new Set();
    if (plan.seed % secondOpinionEvery === 0 && !off.has('linearizable')) this.history = new ClientHistory(() => queue.now);
    const { oracle, ledger } = watch({
      off,
      disks: () => this.disks,
      limits: largerOf(plan.config, plan.otherConfig),
      also: [
        countInto(stats),
        this.trace.contents,
        ...(options.readable === true ? [this.trace.observer] : []),
        ...(this.history ? [this.history] : []),
        ...(options.observers ?? []),
        ...(plan.faults.some(({ type }) => type === 'hunt') ? [hunter] : []),
      ],
    });
    this.oracle = oracle;
    this.lastCommitted = () => ledger.lastCommitted;
    this.ids = new Random(seed, 'storage ids');
    this.stage = this.buildStage(options.own?.makeMachine);
    this.clients = new Clients({
      seed,
      plan: plan.clients,
      nodes: this.nodes,
      queue,
      oracle,
      without: new Set(plan.without?.operations),
      ...(options.own && { workload: options.own.workload }),
    });
    this.faults = new Faults({
      plan,
      queue,
      stats,
      trace: this.trace,
      nodes: this.nodes,
      links: this.links,
      crash: (node, how) => this.crash(node, how),
      restart: (node) => this.start(node),
      wipe: (node) => this.wipe(node),
      rot: (node) => this.rot(node),
    });
  }

  /** In microseconds of virtual time. */
  get now(): number {
    return this.queue.now;
  }

  /** Runs the whole history: forming, chaos, healing, and the proof that it lives. Throws a `Violation`. */
  async run(): Promise<void> {
    const { plan, queue } = this;
    const random = new Random(plan.seed, 'starts');
    for (const node of this.nodes) queue.after(random.between(0, this.timeout), () => this.start(node.index));
    const formed = () => this.nodes.every((node) => node.up && node.disk.clusterId !== undefined);
    if (plan.formInPeace) for (let quarter = 0; quarter < 40 && !formed(); quarter++) await this.runFor(this.timeout / 4);
    this.clients.start();
    this.faults.start();
    await this.runFor(plan.chaos);
    await this.heal();
    this.clients.close();
    this.oracle.ended();
    if (this.history === undefined) return;
    const opinion = askSecondOpinion(this.history.history);
    this.stats[opinion === 'ok' ? 'searched' : 'undecided']++;
  }

  private get nodes(): readonly SimulatedNode[] {
    return this.stage.nodes;
  }

  private get links(): Links {
    return this.stage.links;
  }

  private async runFor(microseconds: number): Promise<void> {
    const end = this.queue.now + Math.floor(microseconds);
    while (this.queue.runNext(end)) {
      if (this.stage.settles) await settle();
      if (this.broken !== undefined) throw this.broken;
      demand(this.trace.events < maxEvents, 'I19', () => `more than ${maxEvents} events`);
    }
  }

  private buildStage(makeMachine: StageOptions['makeMachine']): Stage {
    const { plan, queue, oracle, stats, trace } = this;
    const storageIds = Array.from({ length: plan.voters }, () => this.newStorageId());
    const preformed = plan.preformed ? preformedBatch(storageIds) : undefined;
    for (const entry of preformed?.entries ?? []) oracle.preformed(entry);
    const randomOf = (concern: string) => new Random(plan.seed, concern);
    const crashPoint: NodeWorld['crashPoint'] = (node, point) => this.faults.crashPoint(node, point);
    const stage = buildStage({
      world: { queue, plan, oracle, stats, trace, randomOf, crashPoint },
      storageIds,
      preformed,
      failed: (error) => {
        this.broken ??= error instanceof Error ? error : new Error(String(error));
      },
      ...(makeMachine && { makeMachine }),
    });
    this.disks.push(...stage.nodes.map(({ disk }) => disk));
    return stage;
  }

  private newStorageId(): string {
    return Array.from({ length: 4 }, () => this.ids.u32().toString(16).padStart(8, '0')).join('');
  }

  private start(index: number): void {
    const node = this.node(index);
    if (node.up) return;
    node.start(this.reconfigured.has(index) ? this.plan.otherConfig : this.plan.config);
    this.links.restarted(index);
  }

  private crash(index: number, { powerCut, surviving, silent, downFor, reconfigured }: Crash): void {
    const node = this.node(index);
    if (!node.up) return;
    this.stats.crashes++;
    this.trace.note(this.queue.now, index, 'crash', () => (powerCut === 'at once' ? 'power cut' : 'killed'));
    node.crash();
    if (powerCut === 'at once') node.cutPower(surviving);
    if (powerCut === 'later') this.queue.after(downFor / 2, () => node.up || node.cutPower(surviving));
    if (reconfigured && !this.reconfigured.delete(index)) this.reconfigured.add(index);
    this.links.crashed(index, silent);
    this.clients.crashed(index);
  }

  /** Never so many disks are lost that the others are no quorum. */
  private mayLose(index: number): boolean {
    const lost = new Set([...this.rotten, ...this.nodes.filter((node) => node.lost).map((node) => node.index)]);
    const budget = Math.floor((this.nodes.length - 1) / 2) - lost.size;
    const stands = this.lastCommitted() >= 1 && this.nodes.every(({ disk }) => disk.clusterId !== undefined);
    return budget >= 1 && !lost.has(index) && stands;
  }

  /** Bits flip on the disk of a node that is off. */
  private rot(index: number): boolean {
    const node = this.node(index);
    if (!this.mayLose(index)) return false;
    this.crash(index, { ...powerCut, surviving: 1 });
    if (!node.rotDisk()) return true;
    this.stats.rotten++;
    this.rotten.add(index);
    return true;
  }

  /** A new disk under an old name. */
  private wipe(index: number): boolean {
    const node = this.node(index);
    if (!this.mayLose(index)) return false;
    this.stats.wipes++;
    this.crash(index, powerCut);
    node.wipe(this.newStorageId());
    this.disks.push(node.disk);
    return true;
  }

  /** Faults end. A minimal quorum comes back, or everybody; the others stay away for ever. */
  private async heal(): Promise<void> {
    const { nodes, plan } = this;
    this.trace.note(this.queue.now, -1, 'heal', () => 'for good');
    this.faults.stop();
    this.clients.stop();
    this.links.heal();
    const whole = nodes.filter(({ lost, index }) => !lost && !this.rotten.has(index));
    const quorum = Math.floor(nodes.length / 2) + 1;
    const wanted = whole.filter(({ index }) => (plan.survivors & (1 << index)) !== 0);
    const some = [...wanted, ...whole.filter((node) => !wanted.includes(node))].slice(0, Math.max(quorum, wanted.length));
    // One that holds the configuration hands it to the others; where nobody does, forming takes everybody.
    const chosen = plan.survivors === 2 ** nodes.length - 1 || some.every(({ disk }) => disk.lastIndex === 0) ? nodes : some;
    // Whoever has bad bytes on its disk and does not know yet stays away: it may have to give up at any time.
    const alive = new Set(chosen.map(({ index }) => index).filter((index) => !this.rotten.has(index)));
    this.links.partition((from, to) => alive.has(from) && alive.has(to), this.timeout / 10);
    const random = new Random(plan.seed, 'healing');
    for (const node of nodes) {
      node.resume();
      node.coarsenTimers(0);
      node.calmDown();
      const startsAfter = random.between(0, this.timeout);
      const leaves = random.chance(0.5);
      if (!alive.has(node.index)) {
        if (node.up && leaves) this.crash(node.index, powerCut);
        continue;
      }
      const endIfStopped = (): void => {
        if (node.stopped) this.crash(node.index, { ...powerCut, surviving: 0.5 });
      };
      endIfStopped();
      this.queue.after(startsAfter, () => {
        // It may have learnt only now that its disk has failed, if it was paused until now.
        endIfStopped();
        this.start(node.index);
      });
    }
    await new Liveness({
      plan,
      clients: this.clients,
      stats: this.stats,
      nodes: whole.filter(({ index }) => alive.has(index)),
      timeout: this.timeout,
      runFor: (microseconds) => this.runFor(microseconds),
    }).prove();
  }

  private node(index: number): SimulatedNode {
    const node = this.nodes[index];
    if (node === undefined) throw new Error(`no node ${index}`);
    return node;
  }
}

/** A loss of power, all at once. */
const powerCut: Crash = { powerCut: 'at once', surviving: 0, silent: false, downFor: 0, reconfigured: false };

function largerOf(one: Config, other: Config): Limits {
  return {
    maxInflightMessages: Math.max(one.maxInflightMessages, other.maxInflightMessages),
    maxAppendBytes: Math.max(one.maxAppendBytes, other.maxAppendBytes),
    maxApplyingEntries: Math.max(one.maxApplyingEntries, other.maxApplyingEntries),
  };
}
