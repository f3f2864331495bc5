import { decodeFrame, encodeMessage, type Message } from '@raft/wire';
import type { Event, Outgoing } from '@raft/core/protocol';
import type { Identity } from '@raft/core';
import type { EventQueue } from './event-queue.ts';
import type { NetworkKnobs } from './knobs.ts';
import type { Random } from './random.ts';
import type { Stats } from '../trace/stats.ts';

/** What the network needs to know of a node. */
export interface Endpoint {
  readonly id: string;
  readonly up: boolean;
  readonly life: number;
  identity(): Identity;
  deliver(event: Event): void;
}

/** Whom a side believes to be connected with: that life of the other. */
interface Connection {
  readonly identity: Identity;
  readonly life: number;
}

/** Connections between all pairs, and messages under way on them. Faults are drawn until `healed`. */
export class Network {
  healed = false;
  private readonly nodes: readonly Endpoint[];
  private readonly queue: EventQueue;
  private readonly random: Random;
  private readonly knobs: NetworkKnobs;
  private readonly timeout: number;
  private readonly stats: Stats;
  /** blocked[from][to]: nothing passes in that direction. */
  private readonly blocked: boolean[][];
  /** connections[at][with]: what node `at` knows. */
  private readonly connections: (Connection | undefined)[][];
  /** How long a cut takes to be noticed, about. */
  private noticing = 0;
  private readonly lastArrival: number[][];

  constructor(parts: {
    readonly nodes: readonly Endpoint[];
    readonly queue: EventQueue;
    readonly random: Random;
    readonly knobs: NetworkKnobs;
    readonly timeout: number;
    readonly stats: Stats;
  }) {
    this.nodes = parts.nodes;
    this.queue = parts.queue;
    this.random = parts.random;
    this.knobs = parts.knobs;
    this.timeout = parts.timeout;
    this.stats = parts.stats;
    this.blocked = parts.nodes.map(() => parts.nodes.map(() => false));
    this.connections = parts.nodes.map(() => parts.nodes.map(() => undefined));
    this.lastArrival = parts.nodes.map(() => parts.nodes.map(() => 0));
  }

  send(from: number, { to, message }: Outgoing): void {
    const target = this.nodes.findIndex((node) => node.id === to.id);
    const known = this.connections[from]?.[target];
    this.stats.messages++;
    if (known === undefined || known.identity.storageId !== to.storageId || this.isBlocked(from, target)) {
      this.stats.dropped++;
      return;
    }
    const sender = this.node(from).identity();
    const carried = this.knobs.encoded ? throughCodec(message) : message;
    if (this.healed) {
      // Raft lives as long as a message takes much less than an election time-out (paper §5.6).
      this.queue.after(Math.min(this.knobs.latency, this.timeout / 12), () => this.arrive(from, target, sender, carried, false));
      return;
    }
    const { loss, duplicate, late } = this.knobs;
    if (this.random.chance(loss)) this.stats.dropped++;
    else this.queue.after(this.delay(from, target), () => this.arrive(from, target, sender, carried, false));
    if (this.random.chance(duplicate)) {
      this.stats.duplicated++;
      this.queue.after(this.random.tailed(this.random.pick([this.knobs.latency, this.timeout])), () =>
        this.arrive(from, target, sender, carried, false),
      );
    }
    if (this.random.chance(late)) {
      this.stats.late++;
      this.queue.after(this.random.tailed(this.timeout * this.random.pick([0.2, 0.5, 1, 3])), () =>
        this.arrive(from, target, sender, carried, true),
      );
    }
  }

  /** This node has come up, or its handshake says something new: it connects with everyone it reaches. */
  restarted(node: number): void {
    for (let other = 0; other < this.nodes.length; other++) {
      if (other === node) continue;
      this.connections[node]?.splice(other, 1, undefined);
      this.connectSoon(node, other);
    }
  }

  /** The others find out that its process is gone: soon when the machine still answers, late or never when it doesn't. */
  crashed(node: number, silently: boolean): void {
    for (let other = 0; other < this.nodes.length; other++) {
      if (other === node) continue;
      this.connections[node]?.splice(other, 1, undefined);
      const known = this.connections[other]?.[node];
      if (known !== undefined)
        this.loseAfter(other, node, known, silently ? this.random.tailed(2 * this.timeout) : this.random.tailed(500));
    }
  }

  /** Every connection of this node is shut and made anew, as after a change of identity. */
  reconnect(node: number): void {
    for (let other = 0; other < this.nodes.length; other++) {
      if (other === node) continue;
      const mine = this.connections[node]?.[other];
      const theirs = this.connections[other]?.[node];
      if (mine !== undefined) this.loseAfter(node, other, mine, 0);
      if (theirs !== undefined) this.loseAfter(other, node, theirs, this.random.tailed(300));
      this.connectSoon(node, other);
    }
  }

  /** Only what `passes` says gets through, from now on. */
  partition(passes: (from: number, to: number) => boolean): void {
    this.noticing = this.timeout * this.random.pick([0.02, 0.1, 1.5]);
    for (let from = 0; from < this.nodes.length; from++) {
      for (let to = 0; to < this.nodes.length; to++) {
        if (from !== to) this.setBlocked(from, to, !passes(from, to));
      }
    }
  }

  private setBlocked(from: number, to: number, now: boolean): void {
    const row = this.blocked[from];
    if (row === undefined || row[to] === now) return;
    row[to] = now;
    if (!now) {
      this.connectSoon(from, to);
      return;
    }
    // A cut is noticed late, on one side or both, or not at all.
    for (const [at, other] of [
      [from, to],
      [to, from],
    ] as const) {
      const known = this.connections[at]?.[other];
      if (known !== undefined && this.random.chance(0.6)) this.loseIfStillBlocked(at, other, known);
    }
  }

  private loseIfStillBlocked(at: number, other: number, known: Connection): void {
    this.queue.after(this.random.tailed(this.noticing), () => {
      if (this.isBlocked(at, other) || this.isBlocked(other, at)) this.loseAfter(at, other, known, 0);
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
    this.queue.after(this.healed ? 1000 : this.random.tailed(this.timeout / 6), () => this.connect(one, other));
  }

  private connect(one: number, other: number): void {
    if (this.isBlocked(one, other) || this.isBlocked(other, one)) return;
    if (!this.node(one).up || !this.node(other).up) return;
    const oneSees = this.connections[one]?.[other]?.life === this.node(other).life;
    const otherSees = this.connections[other]?.[one]?.life === this.node(one).life;
    if (oneSees && otherSees) return;
    this.introduce(one, other);
    this.introduce(other, one);
  }

  private introduce(at: number, other: number): void {
    const known: Connection = { identity: this.node(other).identity(), life: this.node(other).life };
    const before = this.connections[at]?.[other];
    if (before !== undefined && before.identity.storageId !== known.identity.storageId) {
      this.node(at).deliver({ type: 'Disconnected', from: before.identity });
    }
    this.connections[at]?.splice(other, 1, known);
    this.node(at).deliver({ type: 'Connected', from: known.identity });
  }

  private arrive(from: number, to: number, sender: Identity, message: Message, late: boolean): void {
    const receiver = this.node(to);
    // `connected` comes before the first `receive` from a pair: without it, nobody is there to receive.
    const known = this.connections[to]?.[from];
    if (!receiver.up || known?.identity.storageId !== sender.storageId || (!late && this.isBlocked(from, to))) {
      this.stats.dropped++;
      return;
    }
    receiver.deliver({ type: 'Receive', from: sender, message });
  }

  private delay(from: number, to: number): number {
    const drawn = this.random.tailed(this.knobs.latency);
    if (this.random.chance(this.knobs.reorder)) return drawn + this.random.tailed(this.knobs.latency * 4);
    const row = this.lastArrival[from];
    const earliest = row?.[to] ?? 0;
    const at = Math.max(this.queue.now + drawn, earliest);
    row?.splice(to, 1, at);
    return at - this.queue.now;
  }

  private isBlocked(from: number, to: number): boolean {
    return this.blocked[from]?.[to] ?? true;
  }

  private node(index: number): Endpoint {
    const node = this.nodes[index];
    if (node === undefined) throw new Error(`no node ${index}`);
    return node;
  }
}

function throughCodec(message: Message): Message {
  const decoded = decodeFrame(encodeMessage(message));
  if (decoded.kind !== 'message') throw new Error(`${message.type} came back as ${decoded.kind}`);
  return decoded.message;
}
