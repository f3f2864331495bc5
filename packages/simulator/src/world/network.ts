import type { Identity } from '@raft/core';
import type { Event, Outgoing } from '@raft/core/protocol';
import { decodeFrame, encodeMessage, type Message } from '@raft/wire';
import type { Stats } from '../trace/stats.ts';
import type { EventQueue } from './event-queue.ts';
import type { Fault } from './plan.ts';
import { Random } from './random.ts';

/** What the network needs to know of a node. */
export interface Endpoint {
  readonly id: string;
  readonly up: boolean;
  readonly life: number;
  identity(): Identity;
  deliver(event: Event & { readonly type: 'Receive' | 'Connected' | 'Disconnected' }): void;
}

/** What the world does to whatever connects its nodes. */
export interface Links {
  /** No faults from now on: messages are quick, and connections are made soon. */
  heal(): void;
  /** This node has come up: it connects with everyone that it reaches. */
  restarted(node: number): void;
  /** The others find out that its process is gone: soon when the machine still answers, late or never when it doesn't. */
  crashed(node: number, silently: boolean): void;
  /** Every connection of this node is shut and made anew, as after a change of identity. */
  reconnect(node: number): void;
  /** Only what `passes` says gets through, from now on. A cut is noticed after about so long, on one side or both, or not at all. */
  partition(passes: (from: number, to: number) => boolean, noticedAfter: number): void;
  weather(weather: Weather): void;
  /** Messages between these two take so much longer from now on. */
  slow(link: { readonly from: number; readonly to: number; readonly delay: number }): void;
}

export type Weather = Pick<Fault & { type: 'weather' }, 'loss' | 'duplicate' | 'reorder' | 'late'>;

export interface NetworkOptions {
  readonly nodes: readonly Endpoint[];
  readonly queue: EventQueue;
  readonly seed: number;
  /** In microseconds. */
  readonly latency: number;
  /** An election time-out, in microseconds. */
  readonly timeout: number;
  readonly encoded: boolean;
  readonly stats: Stats;
  /** Left out by a shrunk plan: "from>to#number". */
  readonly without: ReadonlySet<string>;
  /** Hears of messages that were sent and don't arrive. */
  readonly lost?: (from: number, to: number, message: Message) => void;
}

/** One direction between two nodes. Chance is a stream of its own, and each message draws alike: what happens on one link changes nothing on another. */
interface Link {
  readonly random: Random;
  sent: number;
  blocked: boolean;
  delay: number;
  lastArrival: number;
  /** Whom the receiving side believes to be connected with: that life of the other. */
  known: Connection | undefined;
}

interface Connection {
  readonly identity: Identity;
  readonly life: number;
}

/** A message under way. */
interface Letter {
  readonly from: number;
  readonly to: number;
  readonly sender: Identity;
  readonly message: Message;
}

/** In microseconds, at most. */
const healedLatency = 2000;

/** Nothing happens to messages. */
export const fairWeather: Weather = { loss: 0, duplicate: 0, reorder: 0, late: 0 };

/** Connections between all pairs, and messages under way on them. */
export class Network implements Links {
  private readonly options: NetworkOptions;
  private readonly random: Random;
  /** links[from][to]. */
  private readonly links: readonly (readonly Link[])[];
  private readonly indexOf: ReadonlyMap<string, number>;
  private current = fairWeather;
  private healed = false;

  constructor(options: NetworkOptions) {
    const { seed, nodes } = options;
    this.options = options;
    this.indexOf = new Map(nodes.map(({ id }, index) => [id, index]));
    this.random = new Random(seed, 'connections');
    this.links = nodes.map((_, from) =>
      nodes.map((__, to) => {
        const random = new Random(seed, `link ${from} ${to}`);
        return { random, sent: 0, blocked: false, delay: 0, lastArrival: 0, known: undefined };
      }),
    );
  }

  heal(): void {
    this.healed = true;
    this.current = fairWeather;
    for (const link of this.links.flat()) link.delay = 0;
  }

  weather(weather: Weather): void {
    if (!this.healed) this.current = weather;
  }

  slow({ from, to, delay }: { readonly from: number; readonly to: number; readonly delay: number }): void {
    if (!this.healed) this.link(from, to).delay = delay;
  }

  send(from: number, { to, message }: Outgoing): void {
    const { encoded, without } = this.options;
    const target = this.indexOf.get(to.id) ?? -1;
    const link = this.link(from, target);
    link.sent++;
    const known = this.link(target, from).known;
    if (known === undefined || known.identity.storageId !== to.storageId || link.blocked) {
      this.lose(from, target, message);
      return;
    }
    if (without.size > 0 && !this.healed && without.has(`${from}>${target}#${link.sent}`)) {
      this.lose(from, target, message);
      // It draws as if it were sent, so that those behind it fare as they did.
      this.carryThroughWeather(link, undefined);
      return;
    }
    const sender = this.node(from).identity();
    const carried = encoded ? throughCodec(message) : message;
    const letter: Letter = { from, to: target, sender, message: carried };
    const { latency, timeout } = this.options;
    // Raft lives as long as a message takes much less than an election time-out (paper §5.6), and who is far behind and may be sent one entry at a time
    // catches up no sooner than messages allow.
    if (this.healed) this.carry(letter, Math.min(latency, timeout / 24, healedLatency), false);
    else this.carryThroughWeather(link, letter);
  }

  private carry(letter: Letter | undefined, delay: number, late: boolean): void {
    if (letter !== undefined) this.options.queue.after(delay, () => this.arrive(letter, late));
  }

  private carryThroughWeather(link: Link, letter: Letter | undefined): void {
    const { latency, timeout, stats, queue } = this.options;
    const { random } = link;
    const { loss, duplicate, reorder, late } = this.current;
    const drawn = random.tailed(latency) + link.delay;
    const luck = random.fraction();
    const length = random.fraction();
    if (luck < loss) {
      if (letter === undefined) stats.dropped++;
      else this.lose(letter.from, letter.to, letter.message);
    } else if (luck < loss + reorder) {
      this.carry(letter, drawn + Math.floor(length * latency * 6), false);
    } else {
      const at = Math.max(queue.now + drawn, link.lastArrival);
      link.lastArrival = at;
      this.carry(letter, at - queue.now, false);
    }
    if (1 - luck <= duplicate) {
      stats.duplicated++;
      this.carry(letter, Math.floor(length * 2 * timeout), false);
    }
    if (luck >= 0.5 && luck < 0.5 + late) {
      // It outlives terms: between half a time-out and six of them.
      stats.late++;
      this.carry(letter, Math.floor(timeout * (0.2 + 5.8 * length * length)), true);
    }
  }

  restarted(node: number): void {
    for (let other = 0; other < this.links.length; other++) {
      if (other === node) continue;
      this.link(other, node).known = undefined;
      this.connectSoon(node, other);
    }
  }

  crashed(node: number, silently: boolean): void {
    const { timeout } = this.options;
    for (let other = 0; other < this.links.length; other++) {
      if (other === node) continue;
      this.link(other, node).known = undefined;
      const { known } = this.link(node, other);
      if (known !== undefined) this.loseAfter(other, node, known, silently ? this.random.tailed(2 * timeout) : this.random.tailed(500));
    }
  }

  reconnect(node: number): void {
    for (let other = 0; other < this.links.length; other++) {
      if (other === node) continue;
      const mine = this.link(other, node).known;
      const theirs = this.link(node, other).known;
      if (mine !== undefined) this.loseAfter(node, other, mine, 0);
      if (theirs !== undefined) this.loseAfter(other, node, theirs, this.random.tailed(300));
      this.connectSoon(node, other);
    }
  }

  partition(passes: (from: number, to: number) => boolean, noticedAfter: number): void {
    for (let from = 0; from < this.links.length; from++) {
      for (let to = 0; to < this.links.length; to++) if (from !== to) this.setBlocked(from, to, !passes(from, to), noticedAfter);
    }
  }

  private setBlocked(from: number, to: number, now: boolean, noticedAfter: number): void {
    const link = this.link(from, to);
    if (link.blocked === now) return;
    link.blocked = now;
    if (!now) {
      this.connectSoon(from, to);
      return;
    }
    this.noticeCut(from, to, noticedAfter);
    this.noticeCut(to, from, noticedAfter);
  }

  private noticeCut(at: number, other: number, noticedAfter: number): void {
    const { known } = this.link(other, at);
    if (known === undefined || !this.random.chance(0.6)) return;
    this.options.queue.after(this.random.tailed(noticedAfter), () => {
      if (this.link(at, other).blocked || this.link(other, at).blocked) this.loseAfter(at, other, known, 0);
    });
  }

  private loseAfter(at: number, other: number, known: Connection, delay: number): void {
    this.options.queue.after(delay, () => {
      const link = this.link(other, at);
      if (link.known !== known) return;
      link.known = undefined;
      if (this.node(at).up) this.node(at).deliver({ type: 'Disconnected', from: known.identity });
      this.connectSoon(at, other);
    });
  }

  private connectSoon(one: number, other: number): void {
    const { queue, timeout } = this.options;
    queue.after(this.healed ? 1000 : this.random.tailed(timeout / 6), () => this.connect(one, other));
  }

  private connect(one: number, other: number): void {
    if (this.link(one, other).blocked || this.link(other, one).blocked) return;
    if (!this.node(one).up || !this.node(other).up) return;
    const oneSees = this.link(other, one).known?.life === this.node(other).life;
    const otherSees = this.link(one, other).known?.life === this.node(one).life;
    if (oneSees && otherSees) return;
    this.introduce(one, other);
    this.introduce(other, one);
  }

  private introduce(at: number, other: number): void {
    const { life } = this.node(other);
    const known: Connection = { identity: this.node(other).identity(), life };
    const link = this.link(other, at);
    const before = link.known;
    if (before !== undefined && before.identity.storageId !== known.identity.storageId) {
      this.node(at).deliver({ type: 'Disconnected', from: before.identity });
    }
    link.known = known;
    this.node(at).deliver({ type: 'Connected', from: known.identity });
  }

  private arrive({ from, to, sender, message }: Letter, late: boolean): void {
    const receiver = this.node(to);
    const link = this.link(from, to);
    // `connected` comes before the first `receive` from a pair: without it, nobody is there to receive.
    if (!receiver.up || link.known?.identity.storageId !== sender.storageId || (!late && link.blocked)) {
      this.lose(from, to, message);
      return;
    }
    receiver.deliver({ type: 'Receive', from: sender, message });
  }

  private lose(from: number, to: number, message: Message): void {
    this.options.stats.dropped++;
    this.options.lost?.(from, to, message);
  }

  private link(from: number, to: number): Link {
    const link = this.links[from]?.[to];
    if (link === undefined) throw new Error(`no link from ${from} to ${to}`);
    return link;
  }

  private node(index: number): Endpoint {
    const node = this.options.nodes[index];
    if (node === undefined) throw new Error(`no node ${index}`);
    return node;
  }
}

function throughCodec(message: Message): Message {
  const decoded = decodeFrame(encodeMessage(message));
  if (decoded.kind !== 'message') throw new Error(`${message.type} came back as ${decoded.kind}`);
  return decoded.message;
}
