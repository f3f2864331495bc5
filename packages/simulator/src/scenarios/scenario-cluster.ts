import { type Config, type ConfigInput, parseConfig } from '@raft/core';
import { type Entry, entryData } from '@raft/wire';
import { decodeOperation, encodeOperation } from '../clients/kv-machine.ts';
import type { ClientOperation, ClientOutcome, KvRequest } from '../clients/operation.ts';
import type { Ledger } from '../invariants/ledger.ts';
import type { Oracle } from '../invariants/oracle.ts';
import { demand } from '../invariants/violation.ts';
import { ClientHistory } from '../linearizability/history.ts';
import type { SimulatedNode } from '../nodes/simulated-node.ts';
import { EventQueue } from '../world/event-queue.ts';
import { Random } from '../world/random.ts';
import { Agreement, type AgreementOptions, type Place } from './one-agreement.ts';
import { type Noticed, ScenarioNetwork } from './scenario-network.ts';
import { makeNodes } from './scenario-nodes.ts';

export interface ScenarioClusterOptions {
  readonly nodes: number;
  readonly seed: number;
  readonly config?: ConfigInput;
  /** Ids of invariants that nobody watches. */
  readonly off?: ReadonlySet<string>;
  /** Disks may be told to stall, and fail now and then to read or store part of a snapshot. */
  readonly rough?: boolean;
  /** The protocol alone (the default), or whole nodes: then time moves by {@link Turns}. */
  readonly level?: 'protocol' | 'node';
}

/** What a client asks for, and who asks. */
export interface Asked {
  readonly client: number;
  readonly request: KvRequest;
  /** Bytes that a command is larger than it has to be. */
  readonly padding?: number;
}

interface Open {
  readonly operation: ClientOperation;
  readonly settled: (outcome: ClientOutcome) => void;
}

/** No script that is well takes so many events: more of them means that somebody spins. */
const maxEvents = 400_000;
/** Within this time a command must be applied by as many nodes as wanted. */
const agreementMs = 10_000;

/** What a script does with a cluster: it moves virtual time, breaks things, proposes, and looks. Everything is drawn from one seed. */
export class ScenarioCluster {
  readonly config: Config;
  readonly random: Random;
  readonly network: ScenarioNetwork;
  readonly nodes: readonly SimulatedNode[];
  events = 0;
  /** Histories of clients for which the search for an order was given up. */
  undecided = 0;
  private readonly queue = new EventQueue();
  /** What clients saw. */
  readonly history: ClientHistory;
  private readonly ledger: Ledger;
  private readonly oracle: Oracle;
  private readonly open = new Map<number, Open>();
  /** Cut off from all others by {@link cut}. */
  private readonly away = new Set<number>();
  /** Leaders of terms, as the scripts have seen them. */
  private readonly leaders = new Map<number, number>();
  /** Of the commands that are being proposed in this very call. */
  private places: Place[] | undefined;
  private lastId = 0;
  private broken: unknown;

  constructor(options: ScenarioClusterOptions) {
    const { nodes: count, seed, off = new Set(), rough = false, level = 'protocol' } = options;
    this.config = parseConfig({ snapshotEveryEntries: 0, ...options.config });
    this.random = new Random(seed, 'scenario');
    this.history = new ClientHistory(() => this.queue.now);
    const { nodes, ledger, oracle } = makeNodes({
      seed,
      level,
      count,
      config: this.config,
      off,
      rough,
      queue: this.queue,
      observers: [this.history, { writes: (_node, { entries }) => this.notePlaces(entries) }],
      send: (from, outgoing) => this.network.send(from, outgoing),
      reconnect: (node) => this.network.started(node),
      failed: (error) => {
        this.broken ??= error;
      },
    });
    this.nodes = nodes;
    this.ledger = ledger;
    this.oracle = oracle;
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
    const end = this.nowMs + ms;
    while (this.step(end));
  }

  /** The next event, unless it lies behind so many milliseconds: then time stops there. */
  step(untilMs: number): boolean {
    const ran = this.queue.runNext(Math.floor(untilMs * 1000));
    if (ran) this.events++;
    if (this.broken !== undefined) throw this.broken;
    demand(this.events < maxEvents, 'I19', () => `more than ${maxEvents} events`);
    return ran;
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
    for (const [id, { operation }] of this.open) if (operation.node === node) this.end(id, { type: 'unknown' });
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

  node(index: number): SimulatedNode {
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
  leaderNow(): SimulatedNode | undefined {
    let best: SimulatedNode | undefined;
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
    if (!this.node(node).up || !this.node(node).leads) return [];
    const asked = Array.from({ length: count }, (_, nth) => ({
      client: 0,
      request: { kind: 'put' as const, key: 'k', value: `${this.lastId + nth + 1}` },
      padding: bytes,
    }));
    const places: Place[] = [];
    this.places = places;
    this.ask(node, asked, () => undefined);
    this.places = undefined;
    return places;
  }

  /** Asks a node, whether it leads or not; each request is settled once, in an event of its own. Gives the ids of the operations. */
  ask(node: number, asked: readonly Asked[], settled: (outcome: ClientOutcome, nth: number) => void): readonly number[] {
    const process = this.node(node);
    const requests = asked.map(({ client, request, padding }, nth) => {
      const id = ++this.lastId;
      const operation = { id, client, node, life: process.life, request, invokedAt: this.queue.now };
      this.open.set(id, { operation, settled: (outcome) => settled(outcome, nth) });
      this.oracle.invoked(operation);
      if (request.kind === 'read') return { kind: 'read' as const, id, query: request.key };
      return { kind: 'command' as const, id, data: encodeOperation({ id, command: request }, padding) };
    });
    if (process.up) process.submit(requests, (id, outcome) => this.end(id, outcome));
    else for (const { id } of requests) this.after(1, () => this.end(id, { type: 'rejected' }));
    return requests.map(({ id }) => id);
  }

  private end(id: number, outcome: ClientOutcome): void {
    const open = this.open.get(id);
    if (open === undefined) return;
    this.open.delete(id);
    this.oracle.returned(open.operation, outcome);
    this.after(0, () => open.settled(outcome));
  }

  /** A batch is written in the same call in which its commands were proposed: it says where they stand. */
  private notePlaces(entries: readonly Entry[]): void {
    for (const entry of this.places === undefined ? [] : entries) {
      if (entry.kind !== 'command') continue;
      this.places?.push({ id: decodeOperation(entryData(entry)).id, index: entry.index, term: entry.term });
    }
  }

  /** How many running nodes have applied the command at this place; 0 when it is not the one that was committed there. */
  applied({ id, index }: Place): number {
    return this.ledger.placeOf(id) === index ? this.appliedUpTo(index) : 0;
  }

  /** How many running nodes have applied up to this index. */
  appliedUpTo(index: number): number {
    return this.nodes.filter(({ up, appliedIndex }) => up && appliedIndex >= index).length;
  }

  /** Whether this command was applied anywhere, ever. */
  wasApplied(id: number): boolean {
    return this.ledger.placeOf(id) !== undefined;
  }

  /** Of the last entry that any running node has applied. */
  lastApplied(): number {
    return Math.max(...this.nodes.map(({ up, appliedIndex }) => (up ? appliedIndex : 0)));
  }

  /** Proposes until a command of ours is applied by so many nodes, within 10 s; `once`: the first that a leader takes must be. */
  agree(wanted: number, options: AgreementOptions = {}): Place {
    const agreement = this.agreement(wanted, options);
    this.mustSee(`${wanted} nodes agree`, () => agreement.done(), agreementMs, 2);
    return agreement.place();
  }

  /** The same, a step at a time: several may be under way. */
  agreement(wanted: number, options: AgreementOptions = {}): Agreement {
    return new Agreement(this, wanted, options);
  }

  /** Bytes of the log on this node's disk, without what it told the disk to drop: that may stay there a while. */
  logBytes(node: number): number {
    const { disk } = this.node(node);
    const { firstIndex } = this.node(node).status() ?? disk;
    return disk.entries.reduce((sum, { index, bytes }) => (index < firstIndex ? sum : sum + bytes.length), 0);
  }

  /** The history is over: what is open stays unknown, and everybody may look back. */
  close(): void {
    for (const id of [...this.open.keys()]) this.end(id, { type: 'unknown' });
    this.oracle.ended();
  }

  private describe(): string {
    return this.nodes.map((node) => describeNode(node, this.away.has(node.index))).join(' · ');
  }
}

function describeNode(node: SimulatedNode, away: boolean): string {
  const status = node.status();
  if (status === undefined) return `${node.id} down`;
  const { role, term, firstIndex, lastIndex, commitIndex } = status;
  return `${node.id}${away ? ' away' : ''} ${role} term ${term} log ${firstIndex}..${lastIndex} commit ${commitIndex} applied ${node.appliedIndex}`;
}
