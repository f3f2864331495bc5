import type { Identity } from '@raft/core';
import type { Event, Outgoing } from '@raft/core/protocol';
import { encodeMessage, type Message } from '@raft/wire';
import type { EventQueue } from '../world/event-queue.ts';
import type { Random } from '../world/random.ts';

/** What the network needs to know of a node. */
export interface Endpoint {
  readonly id: string;
  readonly up: boolean;
  readonly life: number;
  identity(): Identity;
  deliver(event: Event & { readonly type: 'Receive' | 'Connected' | 'Disconnected' }): void;
}

/** Whom a side believes to be connected with: that life of the other. */
interface Connection {
  readonly identity: Identity;
  readonly life: number;
}

/** What a script wants to know of a message, to lose it or to count it. */
export interface Passing {
  readonly from: number;
  readonly to: number;
  readonly message: Message;
}

/** A cut is noticed after so many microseconds, on both sides; `never`: packets vanish and nobody is told. */
export type Noticed = number | 'never';

const million = 1_000_000;
const redialAfter = 10_000;

/**
 * Connections and messages under a script: links are cut and joined by hand, messages lost by name, and the two bad networks of the suite are
 * switched on as a whole. In order and without loss otherwise.
 */
export class ScenarioNetwork {
  /** Each message takes 0–26 ms, one request in ten and one reply in ten are lost. */
  unreliable = false;
  /** Two replies of three come 200–2200 ms late. */
  longReordering = false;
  /** What it says no to is lost. */
  passes: (passing: Passing) => boolean = () => true;
  messages = 0;
  bytes = 0;
  private counting = false;
  private readonly watching: ((passing: Passing) => void)[] = [];
  private readonly nodes: readonly Endpoint[];
  private readonly queue: EventQueue;
  private readonly random: Random;
  private readonly latency: number;
  /** open[from][to]: messages pass in that direction. */
  private readonly open: boolean[][];
  /** connections[at][with]: what node `at` knows. */
  private readonly connections: (Connection | undefined)[][];
  private readonly lastArrival: number[][];

  constructor(parts: {
    readonly nodes: readonly Endpoint[];
    readonly queue: EventQueue;
    readonly random: Random;
    readonly latency: number;
  }) {
    this.nodes = parts.nodes;
    this.queue = parts.queue;
    this.random = parts.random;
    this.latency = parts.latency;
    this.open = parts.nodes.map(() => parts.nodes.map(() => true));
    this.connections = parts.nodes.map(() => parts.nodes.map(() => undefined));
    this.lastArrival = parts.nodes.map(() => parts.nodes.map(() => 0));
  }

  /** Counts messages and the bytes of their frames from zero, whether they arrive or not. */
  count(): void {
    this.counting = true;
    this.messages = 0;
    this.bytes = 0;
  }

  /** Tells of every message that leaves, lost ones included. */
  watch(seen: (passing: Passing) => void): void {
    this.watching.push(seen);
  }

  send(from: number, { to, message }: Outgoing): void {
    const target = this.nodes.findIndex((node) => node.id === to.id);
    const passing = { from, to: target, message };
    this.messages++;
    if (this.counting) this.bytes += encodeMessage(message).length;
    for (const seen of this.watching) seen(passing);
    const known = this.connections[from]?.[target];
    if (known === undefined || known.identity.storageId !== to.storageId || !this.isOpen(from, target) || !this.passes(passing)) return;
    const reply = message.type.endsWith('Reply');
    if (this.unreliable && this.random.chance(0.1)) return;
    const sender = this.node(from).identity();
    this.queue.after(this.delay(from, target, reply), () => this.arrive(sender, passing));
  }

  /** Opens or shuts one direction of a link. What is under way on a link that is shut is lost. */
  setLink(from: number, to: number, open: boolean, noticed: Noticed): void {
    const row = this.open[from];
    if (row === undefined || row[to] === open) return;
    row[to] = open;
    if (open) this.connectSoon(from, to);
    else if (noticed !== 'never') {
      this.loseWhileShut(from, to, noticed);
      this.loseWhileShut(to, from, noticed);
    }
  }

  /** A process came up, or its handshake says something new: it connects with everyone it reaches. */
  started(node: number): void {
    for (let other = 0; other < this.nodes.length; other++) {
      if (other === node) continue;
      this.connections[node]?.splice(other, 1, undefined);
      this.connectSoon(node, other);
    }
  }

  /** Its process is gone: the others find out at once, as far as they are reached; or not at all, when its machine fell silent. */
  crashed(node: number, silently: boolean): void {
    for (let other = 0; other < this.nodes.length; other++) {
      if (other === node) continue;
      this.connections[node]?.splice(other, 1, undefined);
      const known = this.connections[other]?.[node];
      if (known !== undefined && !silently && this.isOpen(node, other)) this.loseAfter(other, node, known, this.random.between(100, 1000));
    }
  }

  private arrive(sender: Identity, passing: Passing): void {
    const { from, to, message } = passing;
    const receiver = this.node(to);
    // `connected` comes before the first `receive` from a pair: without it, nobody is there to receive.
    const known = this.connections[to]?.[from];
    if (!receiver.up || known?.identity.storageId !== sender.storageId || !this.isOpen(from, to)) return;
    receiver.deliver({ type: 'Receive', from: sender, message });
  }

  private delay(from: number, to: number, reply: boolean): number {
    const { random, queue } = this;
    if (this.longReordering && reply && random.chance(2 / 3)) return random.between(0.2 * million, 2.2 * million);
    if (this.unreliable) return random.between(0, 26_000);
    const row = this.lastArrival[from];
    const at = Math.max(queue.now + random.between(this.latency / 4, this.latency), row?.[to] ?? 0);
    row?.splice(to, 1, at);
    return at - queue.now;
  }

  private loseWhileShut(at: number, other: number, delay: number): void {
    const known = this.connections[at]?.[other];
    if (known === undefined) return;
    this.queue.after(delay, () => {
      if (!this.isOpen(at, other) || !this.isOpen(other, at)) this.loseAfter(at, other, known, 0);
    });
  }

  private loseAfter(at: number, other: number, known: Connection, delay: number): void {
    this.queue.after(delay, () => {
      if (this.connections[at]?.[other] !== known) return;
      this.connections[at]?.splice(other, 1, undefined);
      if (this.node(at).up) this.node(at).deliver({ type: 'Disconnected', from: known.identity });
      this.connectSoon(at, other);
    });
  }

  private connectSoon(one: number, other: number): void {
    this.queue.after(this.random.between(redialAfter / 10, redialAfter), () => this.connect(one, other));
  }

  private connect(one: number, other: number): void {
    if (!this.isOpen(one, other) || !this.isOpen(other, one) || !this.node(one).up || !this.node(other).up) return;
    const oneSees = this.connections[one]?.[other]?.life === this.node(other).life;
    const otherSees = this.connections[other]?.[one]?.life === this.node(one).life;
    if (oneSees && otherSees) return;
    this.introduce(one, other);
    this.introduce(other, one);
  }

  private introduce(at: number, other: number): void {
    const node = this.node(other);
    const known: Connection = { identity: node.identity(), life: node.life };
    const before = this.connections[at]?.[other];
    if (before !== undefined && before.life !== known.life) this.node(at).deliver({ type: 'Disconnected', from: before.identity });
    this.connections[at]?.splice(other, 1, known);
    this.node(at).deliver({ type: 'Connected', from: known.identity });
  }

  private isOpen(from: number, to: number): boolean {
    return this.open[from]?.[to] === true;
  }

  private node(index: number): Endpoint {
    const node = this.nodes[index];
    if (node === undefined) throw new Error(`no node ${index}`);
    return node;
  }
}
