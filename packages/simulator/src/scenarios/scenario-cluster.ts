import type { Config, ConfigInput } from '@raft/core';
import { parseConfig } from '@raft/core';
import { encodeOperation } from '../clients/kv-machine.ts';
import type { ClientOutcome } from '../clients/operation.ts';
import { demand } from '../invariants/violation.ts';
import type { Tamper } from '../nodes/protocol-node.ts';
import { EventQueue } from '../world/event-queue.ts';
import { Random } from '../world/random.ts';
import { type Noticed, ScenarioNetwork } from './scenario-network.ts';
import { type Ledger, makeNodes, type ScenarioNode } from './scenario-nodes.ts';

export interface ScenarioClusterOptions {
  readonly nodes: number;
  readonly seed: number;
  readonly config?: ConfigInput;
  readonly tamper?: Tamper;
}

/** A command that a leader has taken into its log. */
export interface Place {
  readonly id: number;
  readonly index: number;
  readonly term: number;
}

/** No script that is well takes so many events: more of them means that somebody spins. */
const maxEvents = 3_000_000;
/** Within this time a command must be applied by as many nodes as wanted. */
const agreementMs = 10_000;
/** So long one leader's word is waited for, before the command is given to another. */
const attemptMs = 2000;

/** What a script does with a cluster: it moves virtual time, breaks things, proposes, and looks. Everything is drawn from one seed. */
export class ScenarioCluster {
  readonly config: Config;
  readonly random: Random;
  readonly network: ScenarioNetwork;
  readonly nodes: readonly ScenarioNode[];
  events = 0;
  private readonly queue = new EventQueue();
  private readonly ledger: Ledger;
  /** Cut off from all others by {@link cut}. */
  private readonly away = new Set<number>();
  /** Leaders of terms, as the scripts have seen them. */
  private readonly leaders = new Map<number, number>();
  private readonly places = new Map<number, Place>();
  private readonly rejected = new Set<number>();
  private lastId = 0;

  constructor(options: ScenarioClusterOptions) {
    const { nodes: count, seed, tamper } = options;
    this.config = parseConfig({ snapshotEveryEntries: 0, ...options.config });
    this.random = new Random(seed, 'scenario');
    const { nodes, ledger } = makeNodes({
      seed,
      count,
      config: this.config,
      tamper,
      queue: this.queue,
      send: (from, outgoing) => this.network.send(from, outgoing),
      reconnect: (node) => this.network.started(node),
    });
    this.nodes = nodes;
    this.ledger = ledger;
    const latency = this.random.pick([500, 2000, 5000]);
    this.network = new ScenarioNetwork({ nodes, queue: this.queue, random: new Random(seed, 'scenario network'), latency });
    for (const { index } of nodes) this.start(index);
  }

  // Time.

  /** Virtual milliseconds since the first start. */
  get nowMs(): number {
    return this.queue.now / 1000;
  }

  get timeoutMs(): number {
    return this.config.electionTimeoutMs;
  }

  runFor(ms: number): void {
    const end = this.queue.now + Math.floor(ms * 1000);
    while (this.queue.runNext(end)) {
      this.events++;
      demand(this.events < maxEvents, 'I19', () => `more than ${maxEvents} events`);
    }
  }

  /** Lets up to so many milliseconds pass, until it holds. Tells whether it does. */
  until(holds: () => boolean, ms: number, stepMs = 5): boolean {
    const end = this.nowMs + ms;
    while (!holds()) {
      if (this.nowMs >= end) return false;
      this.runFor(Math.min(stepMs, end - this.nowMs));
    }
    return true;
  }

  /** As {@link until}, and it must come to hold. */
  mustSee(what: string, holds: () => boolean, ms = agreementMs, stepMs = 5): void {
    this.check(this.until(holds, ms, stepMs), () => `${what}, not within ${ms} ms`);
  }

  after(ms: number, run: () => void): void {
    this.queue.after(ms * 1000, run);
  }

  /** What the script demands. */
  check(holds: boolean, text: () => string): asserts holds {
    demand(holds, 'scenario', () => `${text()} [${this.nowMs} ms: ${this.describe()}]`);
  }

  // Links and processes.

  /** Takes a node off the network. Whether and when anybody notices is drawn, unless it is said. */
  cut(node: number, noticed: Noticed = this.drawNotice()): void {
    this.away.add(node);
    for (const other of this.others(node)) this.setLink(node, other, false, noticed);
  }

  join(node: number): void {
    this.away.delete(node);
    for (const other of this.others(node)) if (!this.away.has(other)) this.setLink(node, other, true);
  }

  joinAll(): void {
    this.away.clear();
    this.links(() => true);
  }

  /** Both directions of one link. */
  setLink(one: number, other: number, open: boolean, noticed: Noticed = this.drawNotice()): void {
    this.network.setLink(one, other, open, noticed);
    this.network.setLink(other, one, open, noticed);
  }

  /** Only these links are open from now on. */
  links(open: (one: number, other: number) => boolean, noticed: Noticed = this.drawNotice()): void {
    for (const { index: one } of this.nodes) {
      for (const { index: other } of this.nodes) if (one < other) this.setLink(one, other, open(one, other), noticed);
    }
  }

  private drawNotice(): Noticed {
    return this.random.pick(['never', 1000, 100_000] as const);
  }

  others(node: number): readonly number[] {
    return this.nodes.map(({ index }) => index).filter((index) => index !== node);
  }

  isAway(node: number): boolean {
    return this.away.has(node);
  }

  /** Its process is killed, or loses power: drawn, unless it is said. Connections close, unless the machine falls silent. */
  crash(node: number, how: { readonly powerCut?: boolean; readonly silent?: boolean } = {}): void {
    const process = this.node(node);
    if (!process.up) return;
    process.crash();
    if (how.powerCut ?? this.random.chance(0.5)) process.cutPower(this.random.pick([0, 0.5, 1]));
    this.network.crashed(node, how.silent ?? this.random.chance(0.3));
  }

  start(node: number): void {
    if (this.node(node).up) return;
    this.node(node).start();
    this.network.started(node);
  }

  crashAll(): void {
    for (const { index } of this.nodes) this.crash(index);
  }

  startAll(): void {
    for (const { index } of this.nodes) this.start(index);
  }

  node(index: number): ScenarioNode {
    const node = this.nodes[index];
    if (node === undefined) throw new Error(`no node ${index}`);
    return node;
  }

  /** Node number `index` steps from this one, round and round. */
  next(node: number, steps = 1): number {
    return (node + steps) % this.nodes.length;
  }

  // Elections.

  /** Waits for a leader among the nodes that are reached, and gives the one of the highest term. Never do two lead one term. */
  leader(ms = 10 * this.timeoutMs): number {
    this.mustSee('a leader is elected', () => this.leaderNow() !== undefined, ms);
    return this.leaderNow()?.index ?? -1;
  }

  /** Whoever leads the highest term of those that are reached, if anybody does. */
  leaderNow(): ScenarioNode | undefined {
    let best: ScenarioNode | undefined;
    for (const node of this.nodes) {
      if (!node.leads || !node.up) continue;
      const known = this.leaders.get(node.term) ?? node.index;
      this.check(known === node.index, () => `n${known} and ${node.id} both lead term ${node.term}`);
      this.leaders.set(node.term, node.index);
      if (!this.away.has(node.index) && (best === undefined || best.term < node.term)) best = node;
    }
    return best;
  }

  /** Nobody believes to lead who can be reached. */
  checkNoLeader(): void {
    this.check(this.leaderNow() === undefined, () => `${this.leaderNow()?.id} leads`);
  }

  /** All nodes that are reached are in one term: that is it. */
  term(): number {
    const terms = new Set(this.nodes.filter(({ up, index }) => up && !this.away.has(index)).map(({ term }) => term));
    this.check(terms.size === 1, () => `the terms differ: ${[...terms].join(', ')}`);
    return [...terms][0] ?? 0;
  }

  /** Elects this node by these votes: it is the only one that hears more than one other, so nobody else can win. */
  elect(hub: number, voters: readonly number[], options: { readonly ms?: number } = {}): void {
    this.away.clear();
    const star = new Set([hub, ...voters]);
    this.links((one, other) => star.has(one) && star.has(other) && (one === hub || other === hub), 'never');
    this.mustSee(`n${hub} is elected`, () => this.node(hub).leads, options.ms ?? 20 * this.timeoutMs, 1);
  }

  // Commands.

  /** Gives a command to a node that believes to lead; the place that it has there, unless the node refuses. */
  propose(node: number, bytes = 0): Place | undefined {
    return this.proposeAll(node, 1, bytes)[0];
  }

  /** So many commands in one go. */
  proposeAll(node: number, count: number, bytes = 0): readonly Place[] {
    const process = this.node(node);
    if (!process.up || !process.leads) return [];
    const ids = Array.from({ length: count }, () => ++this.lastId);
    process.submit(
      ids.map((id) => ({
        kind: 'command' as const,
        id,
        data: encodeOperation({ id, command: { kind: 'put', key: 'k', value: `${id}` } }, bytes),
      })),
      (id, outcome) => this.settled(id, outcome),
    );
    return ids.flatMap((id) => {
      const place = this.ledger.placeOf(id);
      if (place === undefined) return [];
      this.places.set(id, { id, ...place });
      return [{ id, ...place }];
    });
  }

  private settled(id: number, outcome: ClientOutcome): void {
    if (outcome.type === 'rejected') this.rejected.add(id);
  }

  /** How many running nodes have applied the command at this place; 0 when it is not the one that was committed there. */
  applied({ id, index }: Place): number {
    return this.ledger.appliedAt(id) === index ? this.appliedUpTo(index) : 0;
  }

  /** How many running nodes have applied up to this index. */
  appliedUpTo(index: number): number {
    return this.nodes.filter(({ up, appliedIndex }) => up && appliedIndex >= index).length;
  }

  /** Whether this command was applied anywhere, ever. */
  wasApplied(id: number): boolean {
    return this.ledger.appliedAt(id) !== undefined;
  }

  /** Of the last entry that any running node has applied. */
  lastApplied(): number {
    return this.ledger.lastApplied();
  }

  /** Proposes until a command of ours is applied by so many nodes, within 10 s; `once`: the first that a leader takes must be. */
  agree(wanted: number, options: { readonly bytes?: number; readonly once?: boolean } = {}): Place {
    const agreement = this.agreement(wanted, options);
    this.mustSee(`${wanted} nodes agree`, () => agreement.done(), agreementMs, 2);
    return agreement.place();
  }

  /** The same, a step at a time: several may be under way. */
  agreement(wanted: number, options: { readonly bytes?: number; readonly once?: boolean } = {}) {
    let place: Place | undefined;
    let since = 0;
    let turn = this.random.between(0, this.nodes.length - 1);
    const propose = () => {
      for (let step = 0; step < this.nodes.length && place === undefined; step++) {
        turn = this.next(turn);
        if (!this.away.has(turn)) place = this.propose(turn, options.bytes);
      }
      since = this.nowMs;
    };
    return {
      done: (): boolean => {
        if (place === undefined) propose();
        if (place === undefined) return false;
        if (this.applied(place) >= wanted) return true;
        if (this.nowMs - since < attemptMs) return false;
        const { id, index } = place;
        this.check(options.once !== true, () => `command ${id} was taken at ${index}, and is not applied by ${wanted}`);
        place = undefined;
        return false;
      },
      place: (): Place => {
        this.check(place !== undefined, () => 'no command was taken');
        return place;
      },
    };
  }

  /** Bytes of the log on this node's disk, without what it told the disk to drop: that may stay there a while. */
  logBytes(node: number): number {
    const { disk } = this.node(node);
    const { firstIndex } = this.node(node).status() ?? disk;
    return disk.entries.reduce((sum, { index, bytes }) => (index < firstIndex ? sum : sum + bytes.length), 0);
  }

  /** At the end: what was refused was never applied, and what was applied stands where it was taken. */
  verify(): void {
    for (const id of this.rejected) this.check(!this.wasApplied(id), () => `command ${id} was rejected, and applied`);
    for (const { id, index } of this.places.values()) {
      const at = this.ledger.appliedAt(id);
      this.check(at === undefined || at === index, () => `command ${id} was taken at ${index}, and applied at ${at}`);
    }
  }

  private describe(): string {
    return this.nodes.map((node) => describeNode(node, this.away.has(node.index))).join(' · ');
  }
}

function describeNode(node: ScenarioNode, away: boolean): string {
  const status = node.status();
  if (status === undefined) return `${node.id} down`;
  const { role, term, firstIndex, lastIndex, commitIndex } = status;
  return `${node.id}${away ? ' away' : ''} ${role} term ${term} log ${firstIndex}..${lastIndex} commit ${commitIndex} applied ${node.appliedIndex}`;
}
