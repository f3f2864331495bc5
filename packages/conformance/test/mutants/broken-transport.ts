import type { EventLog, Identity, PeerAddress, RemoteIdentity, Transport, TransportHandlers } from '@raft/core';
import { decodeFrame, encodeMessage, type Message, type NodeId, type Peer, RaftError } from '@raft/wire';

/** A rule of the contract that a transport may break. */
export const transportFaults = [
  'tells connected only after the first message',
  'never tells connected to the node that was dialled',
  'tells connected for both of two connections',
  'never tells disconnected',
  'tells disconnected twice',
  'tells disconnected when peers are replaced',
  'never connects again',
  'does not wait for a node that starts later',
  'forgets peers that were set before the start',
  'dials peers that are in the list no more',
  'connects with itself',
  'calls back before send returns',
  'calls back before setPeers returns',
  'calls back after close',
  'throws when a message has nowhere to go',
  'does not count what it drops',
  'queues without bound',
  'stays stuck once its queue was full',
  'reverses the order of what one turn sent',
  'loses one message in a thousand',
  'delivers into a buffer that it uses again',
  'loses large messages',
  'misstates the sender',
  'sends to whatever storage has the id',
  'connects across clusters',
  'keeps refusals to itself',
  'reports a refusal again and again',
  'refuses blank nodes',
  'believes the cluster of a blank node to be its own',
  'does nothing when its identity has changed',
  'tells the old identity after a change',
  'lets a second node with an id take the place of the first',
] as const;
export type TransportFault = (typeof transportFaults)[number];

interface Link {
  readonly ends: readonly [End, End];
  isOpen: boolean;
}

interface End {
  readonly node: SmallTransport;
  readonly remote: RemoteIdentity;
  isTold: boolean;
}

/** What the nodes of one world share. */
export class SmallNetwork {
  readonly nodes = new Map<NodeId, SmallTransport>();
  links: Link[] = [];
  #lost: Link[] = [];

  /** What is gone is told before anything new. */
  turn(): void {
    const lost = this.#lost;
    this.#lost = [];
    for (const link of lost) for (const end of link.ends) end.node.tellDisconnected(end);
    for (const a of this.nodes.values()) for (const b of this.nodes.values()) if (a.id <= b.id) this.#connect(a, b);
  }

  #connect(a: SmallTransport, b: SmallTransport): void {
    if (!(a.dials(b) || b.dials(a)) || (a === b && !a.is('connects with itself'))) return;
    if (this.links.some(({ isOpen, ends }) => isOpen && ends.some(({ node }) => node === a) && ends.some(({ node }) => node === b))) return;
    const refusal = a.findRefusal(b);
    if (refusal !== undefined) {
      for (const [node, other] of [
        [a, b],
        [b, a],
      ] as const)
        node.tellRefusal(other.id, refusal);
      return;
    }
    const isTwice = a.dials(b) && b.dials(a) && a.is('tells connected for both of two connections');
    const link: Link = {
      isOpen: true,
      ends: [
        { node: a, remote: a.seen(b), isTold: false },
        { node: b, remote: b.seen(a), isTold: false },
      ],
    };
    this.links.push(link);
    for (const end of link.ends) end.node.tellConnected(end, isTwice ? 2 : 1);
  }

  cut(node: SmallTransport): void {
    for (const link of this.links) {
      if (!link.isOpen || !link.ends.some((end) => end.node === node)) continue;
      link.isOpen = false;
      this.#lost.push(link);
    }
    this.links = this.links.filter((link) => link.isOpen);
    setImmediate(() => this.turn());
  }
}

/** A transport of the least size that keeps the contract, unless given a fault. */
export class SmallTransport implements Transport {
  readonly id: NodeId;
  readonly #network: SmallNetwork;
  readonly #fault: TransportFault | undefined;
  readonly #log: EventLog;
  readonly #maxQueued: number;
  readonly #refusals = new Map<NodeId, string>();
  readonly #counters = { sent: 0, received: 0, droppedNotConnected: 0, droppedQueueFull: 0 };
  #handlers: TransportHandlers | undefined;
  #firstIdentity: Identity | undefined;
  #isClosed = false;
  #peers: readonly PeerAddress[] = [];
  readonly #everDialled = new Set<NodeId>();
  readonly #lost = new Set<NodeId>();
  #queue: { readonly link: Link; readonly to: End; readonly frame: ReturnType<typeof encodeMessage> }[] = [];
  #hasBeenFull = false;
  readonly #lent = new Uint8Array(1 << 16);

  constructor(options: { network: SmallNetwork; id: NodeId; log: EventLog; fault: TransportFault | undefined; maxQueued: number }) {
    this.id = options.id;
    this.#network = options.network;
    this.#log = options.log;
    this.#fault = options.fault;
    this.#maxQueued = options.maxQueued;
  }

  is(fault: TransportFault): boolean {
    return this.#fault === fault;
  }

  async start(handlers: TransportHandlers): Promise<void> {
    const standing = this.#network.nodes.get(this.id);
    if (standing && !this.is('lets a second node with an id take the place of the first')) {
      throw new RaftError('addressInUse', `a node ${this.id} is there already`);
    }
    if (standing) this.#network.cut(standing);
    this.#handlers = handlers;
    this.#firstIdentity = { ...handlers.identity() };
    if (this.is('forgets peers that were set before the start')) this.#peers = [];
    this.#network.nodes.set(this.id, this);
    if (!this.is('does not wait for a node that starts later') || this.#peers.length > 0) setImmediate(() => this.#network.turn());
  }

  send(to: Peer, message: Message): void {
    const link = this.#network.links.find(({ ends }) => ends.some(({ node, remote }) => node === this && remote.id === to.id));
    const end = link?.ends.find(({ node }) => node !== this);
    const isRight = link?.ends.some(({ node, remote }) => node === this && remote.storageId === to.storageId);
    if (!link || !end || this.#isClosed || !(isRight || this.is('sends to whatever storage has the id'))) {
      if (this.is('throws when a message has nowhere to go')) throw new Error(`no connection with ${to.id}`);
      if (!this.is('does not count what it drops')) this.#counters.droppedNotConnected += 1;
      return;
    }
    const isStuck = this.#hasBeenFull && this.is('stays stuck once its queue was full');
    if (isStuck || (this.#queue.length >= this.#maxQueued && !this.is('queues without bound'))) {
      this.#hasBeenFull = true;
      if (!this.is('does not count what it drops')) this.#counters.droppedQueueFull += 1;
      return;
    }
    this.#counters.sent += 1;
    const frame = encodeMessage(message);
    if (this.is('loses one message in a thousand') && this.#counters.sent % 1000 === 0) return;
    if (this.is('loses large messages') && frame.length > 1 << 20) return;
    this.#queue.push({ link, to: end, frame });
    if (this.is('calls back before send returns')) this.#deliver();
    else if (this.#queue.length === 1) setImmediate(() => this.#deliver());
  }

  #deliver(): void {
    const queue = this.is('reverses the order of what one turn sent') ? this.#queue.reverse() : this.#queue;
    this.#queue = [];
    for (const { link, to, frame } of queue) if (link.isOpen) to.node.take(to, frame);
  }

  take(end: End, frame: ReturnType<typeof encodeMessage>): void {
    if (this.#isClosed && !this.is('calls back after close')) return;
    let bytes = frame;
    if (this.is('delivers into a buffer that it uses again') && frame.length <= this.#lent.length) {
      this.#lent.set(frame);
      bytes = this.#lent.subarray(0, frame.length);
    }
    const decoded = decodeFrame(bytes);
    if (decoded.kind !== 'message') return;
    this.#counters.received += 1;
    const from = this.is('misstates the sender') ? { ...end.remote, id: 'n1' } : end.remote;
    this.#handlers?.receive(from, decoded.message);
    if (!end.isTold && this.is('tells connected only after the first message')) this.#announce(end);
  }

  setPeers(peers: readonly PeerAddress[]): void {
    this.#peers = peers;
    for (const { id } of peers) this.#everDialled.add(id);
    if (!this.#handlers) return;
    if (this.is('tells disconnected when peers are replaced')) setImmediate(() => this.#network.cut(this));
    if (this.is('calls back before setPeers returns')) this.#network.turn();
    else setImmediate(() => this.#network.turn());
  }

  identityChanged(): void {
    if (this.is('does nothing when its identity has changed')) return;
    this.#network.cut(this);
  }

  counters(): ReturnType<Transport['counters']> {
    return { ...this.#counters };
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    if (this.#network.nodes.get(this.id) === this) this.#network.nodes.delete(this.id);
    this.#network.cut(this);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  dials(other: SmallTransport): boolean {
    if (this.#lost.has(other.id) && this.is('never connects again')) return false;
    if (this.is('dials peers that are in the list no more')) return this.#everDialled.has(other.id);
    return this.#peers.some((peer) => peer.id === other.id);
  }

  identity(): Identity {
    const identity = this.is('tells the old identity after a change') ? this.#firstIdentity : this.#handlers?.identity();
    return { ...(identity ?? { id: this.id, storageId: '' }) };
  }

  seen(other: SmallTransport): RemoteIdentity {
    const remote = other.identity();
    const { clusterId } = this.identity();
    const isMistaken =
      this.is('believes the cluster of a blank node to be its own') && remote.clusterId === undefined && clusterId !== undefined;
    return isMistaken ? { ...remote, clusterId } : remote;
  }

  findRefusal(other: SmallTransport): string | undefined {
    const [ours, theirs] = [this.identity().clusterId, other.identity().clusterId];
    const isBlank = ours === undefined || theirs === undefined;
    if (isBlank) return this.is('refuses blank nodes') && ours !== theirs ? 'one of us is blank' : undefined;
    return ours === theirs || this.is('connects across clusters') ? undefined : 'we are of different clusters';
  }

  tellRefusal(id: NodeId, reason: string): void {
    if (this.is('keeps refusals to itself') || (this.#refusals.get(id) === reason && !this.is('reports a refusal again and again'))) return;
    this.#refusals.set(id, reason);
    this.#log({ type: 'connectionRefused', id, reason });
  }

  tellConnected(end: End, times: number): void {
    if (this.is('never tells connected to the node that was dialled') && this.#peers.length === 0) return;
    if (this.is('tells connected only after the first message')) return;
    for (let time = 0; time < times; time += 1) this.#announce(end);
  }

  #announce(end: End): void {
    end.isTold = true;
    this.#handlers?.connected(end.remote);
  }

  tellDisconnected(end: End): void {
    this.#lost.add(end.remote.id);
    if (!end.isTold || this.is('never tells disconnected') || (this.#isClosed && !this.is('calls back after close'))) return;
    this.#handlers?.disconnected(end.remote);
    if (this.is('tells disconnected twice')) this.#handlers?.disconnected(end.remote);
  }
}
