import { type Clock, systemClock } from '@raft/core';
import { type NodeId, RaftError } from '@raft/wire';
import { createLink, deliver, type Lane, type Link, type Station } from './link.ts';

/** How a network in memory works. */
export interface MemoryNetworkOptions {
  /**
   * Send every message through the wire's codec, so that nodes share no object and what can't be encoded shows. Default
   * true; without it messages are handed over as they are, immutable by contract, which a benchmark wants.
   */
  readonly encode?: boolean;
  /** Messages that may wait on their way from one node to another; more are dropped. Default 10,000. */
  readonly maxQueuedMessages?: number;
  /** Its `defer` carries the messages. Default: the system's. */
  readonly clock?: Clock;
}

// Ids hold no space, so a pair's key is never an id.
export const pairKey = (a: NodeId, b: NodeId): string => (a < b ? `${a} ${b}` : `${b} ${a}`);

/** All nodes and what joins them. Whatever happens is told in a later turn, so no call on a transport calls back. */
export class Network {
  readonly encode: boolean;
  readonly maxQueuedMessages: number;
  readonly #clock: Clock;
  readonly #nodes = new Map<NodeId, Station>();
  readonly #links = new Map<string, Link>();
  /** By pair or by id; the value tells whether it is silent. */
  readonly #cuts = new Map<string, boolean>();
  #broken: Link[] = [];
  #busyLanes: Lane[] = [];
  #linksMayBeMissing = false;
  #isTurnComing = false;

  constructor(options: MemoryNetworkOptions) {
    this.encode = options.encode ?? true;
    this.maxQueuedMessages = options.maxQueuedMessages ?? 10_000;
    this.#clock = options.clock ?? systemClock;
  }

  join(node: Station): void {
    if (this.#nodes.has(node.id))
      throw new RaftError('addressInUse', `a node ${node.id} is already on this memory network; close it first`);
    this.#nodes.set(node.id, node);
    this.connectMissing();
  }

  leave(node: Station): void {
    if (this.#nodes.get(node.id) !== node) return;
    this.#nodes.delete(node.id);
    this.breakLinksOf(node);
  }

  /** Something changed that may allow new connections: looked at in the next turn. */
  connectMissing(): void {
    this.#linksMayBeMissing = true;
    this.#comeBack();
  }

  breakLinksOf(node: Station): void {
    for (const [key, link] of this.#links) if (link.lanes.some((lane) => lane.sender === node)) this.#break(key, link);
  }

  /** A lane got its first message. */
  markBusy(lane: Lane): void {
    this.#busyLanes.push(lane);
    this.#comeBack();
  }

  cut(key: string, silently: boolean): void {
    this.#cuts.set(key, silently);
    this.#enforceCuts();
  }

  heal(key: string): void {
    this.#cuts.delete(key);
    this.#enforceCuts();
    this.connectMissing();
  }

  #enforceCuts(): void {
    for (const [key, link] of this.#links) {
      const cut = this.#cutBetween(key);
      link.isMute = cut === 'silent';
      if (cut === 'noticed') this.#break(key, link);
    }
  }

  #cutBetween(key: string): 'noticed' | 'silent' | undefined {
    const found = [key, ...key.split(' ')].map((part) => this.#cuts.get(part)).filter((silent) => silent !== undefined);
    if (found.length === 0) return undefined;
    return found.includes(false) ? 'noticed' : 'silent';
  }

  #break(key: string, link: Link): void {
    link.isOpen = false;
    this.#links.delete(key);
    for (const lane of link.lanes) lane.sender.forgetLane(lane);
    this.#broken.push(link);
    this.connectMissing();
  }

  #comeBack(): void {
    if (this.#isTurnComing) return;
    this.#isTurnComing = true;
    this.#clock.defer(() => {
      this.#isTurnComing = false;
      this.#turn();
    });
  }

  #turn(): void {
    const broken = this.#broken;
    this.#broken = [];
    for (const link of broken) for (const lane of link.lanes) lane.receiver.tellDisconnected(lane);
    if (this.#linksMayBeMissing) {
      this.#linksMayBeMissing = false;
      this.#connectAll();
    }
    // What a delivery sends in answer waits for the next turn: a busy network never keeps the event loop from anything else.
    const lanes = this.#busyLanes;
    this.#busyLanes = [];
    for (const lane of lanes) deliver(lane);
  }

  #connectAll(): void {
    const nodes = [...this.#nodes.values()];
    for (const [position, a] of nodes.entries()) for (const b of nodes.slice(position + 1)) this.#connect(a, b);
  }

  #connect(a: Station, b: Station): void {
    const key = pairKey(a.id, b.id);
    if (!(a.dials(b.id) || b.dials(a.id)) || this.#links.has(key) || this.#cutBetween(key) !== undefined) return;
    if (!(a.isStarted && b.isStarted)) return;
    const link = createLink({ a, b, encode: this.encode });
    if ('refused' in link) {
      a.tellRefused(b.id, link.refused);
      b.tellRefused(a.id, link.refused);
      return;
    }
    this.#links.set(key, link);
    for (const lane of link.lanes) lane.sender.rememberLane(lane);
    for (const lane of link.lanes) lane.receiver.tellConnected(lane);
  }
}
