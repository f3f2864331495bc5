import type { EventLog, Identity, PeerAddress, RemoteIdentity, Transport, TransportCounters, TransportHandlers } from '@raft/core';
import { type Message, type NodeId, type Peer, RaftError } from '@raft/wire';
import { type Lane, pack, type Station } from './link.ts';
import type { Network } from './network.ts';

/** One node's end of a network in memory. */
export class MemoryTransport implements Transport, Station {
  readonly id: NodeId;
  readonly #network: Network;
  readonly #log: EventLog | undefined;
  #handlers: TransportHandlers | undefined;
  #isClosed = false;
  #peers: ReadonlySet<NodeId> = new Set();
  /** By the id of the node at the other end. */
  readonly #lanes = new Map<NodeId, Lane>();
  /** Refusals that were told, so that each is told once until it changes. */
  readonly #refusals = new Map<NodeId, string>();
  readonly #counters = { sent: 0, received: 0, droppedNotConnected: 0, droppedQueueFull: 0 };

  constructor(network: Network, options: { readonly id: NodeId; readonly log?: EventLog }) {
    this.#network = network;
    this.id = options.id;
    this.#log = options.log;
  }

  async start(handlers: TransportHandlers): Promise<void> {
    if (this.#isClosed) throw new RaftError('closed', `the transport of ${this.id} is closed`);
    if (this.#handlers) throw new RaftError('invalidArgument', `the transport of ${this.id} was started already`);
    const { id } = handlers.identity();
    if (id !== this.id) throw new RaftError('invalidArgument', `the transport made for node ${this.id} was started by node ${id}`);
    this.#network.join(this);
    this.#handlers = handlers;
  }

  send(to: Peer, message: Message): void {
    const lane = this.#lanes.get(to.id);
    if (lane === undefined || lane.to.storageId !== to.storageId) {
      this.#counters.droppedNotConnected += 1;
    } else if (lane.queue.length >= this.#network.maxQueuedMessages) {
      this.#counters.droppedQueueFull += 1;
    } else {
      if (lane.queue.push(pack(message, this.#network.encode)) === 1) this.#network.markBusy(lane);
      this.#counters.sent += 1;
    }
  }

  setPeers(peers: readonly PeerAddress[]): void {
    this.#peers = new Set(peers.map((peer) => peer.id));
    if (this.#handlers && !this.#isClosed) this.#network.connectMissing();
  }

  identityChanged(): void {
    this.#network.breakLinksOf(this);
    if (this.#handlers && !this.#isClosed) this.#network.connectMissing();
  }

  counters(): TransportCounters {
    return { ...this.#counters };
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#network.leave(this);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  get isStarted(): boolean {
    return this.#handlers !== undefined && !this.#isClosed;
  }

  identity(): Identity {
    if (!this.#handlers) throw new RaftError('invariantViolated', `the transport of ${this.id} was asked who it is before it was started`);
    return this.#handlers.identity();
  }

  dials(id: NodeId): boolean {
    return this.#peers.has(id);
  }

  rememberLane(lane: Lane): void {
    this.#lanes.set(lane.to.id, lane);
  }

  forgetLane(lane: Lane): void {
    if (this.#lanes.get(lane.to.id) === lane) this.#lanes.delete(lane.to.id);
  }

  tellConnected(lane: Lane): void {
    // The other end's callback may have broken the link a moment ago.
    if (this.#isClosed || !lane.link.isOpen) return;
    lane.isAnnounced = true;
    this.#refusals.delete(lane.from.id);
    this.#log?.({ type: 'connected', id: lane.from.id });
    this.#handlers?.connected(lane.from);
  }

  tellDisconnected(lane: Lane): void {
    if (this.#isClosed || !lane.isAnnounced) return;
    this.#log?.({ type: 'disconnected', id: lane.from.id });
    this.#handlers?.disconnected(lane.from);
  }

  tellReceived(from: RemoteIdentity, message: Message): void {
    if (this.#isClosed) return;
    this.#counters.received += 1;
    this.#handlers?.receive(from, message);
  }

  tellRefused(id: NodeId, reason: string): void {
    if (this.#refusals.get(id) === reason) return;
    this.#refusals.set(id, reason);
    this.#log?.({ type: 'connectionRefused', id, reason });
  }
}
