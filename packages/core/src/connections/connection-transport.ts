import { encodeMessage, type Handshake, type Message, type NodeId, type Peer, RaftError } from '@raft/wire';
import type { Clock, Timer } from '../clock.ts';
import type { EventLog } from '../events.ts';
import { systemClock } from '../system-clock.ts';
import type { Identity, PeerAddress, RemoteIdentity, Transport, TransportCounters, TransportHandlers } from '../transport.ts';
import type { Carrier, Channel, Listening } from './channel.ts';
import { Connection, type ConnectionOwner } from './connection.ts';
import { Dialer } from './dialer.ts';
import { findRefusal, identityOf, isSameIdentity, mayReplace } from './handshake.ts';
import { type ConnectionLimitOptions, type ConnectionLimits, parseConnectionLimits } from './limits.ts';
import { PeerConnections } from './peer-connections.ts';
import { Refusals } from './refusals.ts';

/** A transport over connections, which may listen for them. */
export interface ConnectionTransport extends Transport {
  readonly schemes: readonly string[];
  /** Where it listens, with the port that was taken; undefined before `start` resolved, after `close`, or if it doesn't listen. */
  address(): string | undefined;
}

/** Options of {@link connectionTransport}. */
export interface ConnectionTransportOptions extends ConnectionLimitOptions {
  readonly carrier: Carrier;
  readonly log?: EventLog;
  /** Default: the system's. */
  readonly clock?: Clock;
}

/**
 * Makes a transport over what a carrier connects: handshakes, one connection per pair, reconnecting, limits. Nothing is opened before `start`.
 *
 * @throws RaftError `invalidArgument` for a bad limit.
 */
export function connectionTransport(options: ConnectionTransportOptions): ConnectionTransport {
  return new ConnectionNode(options);
}

/** How long `close` lets queued frames leave. */
const farewellMs = 500;

class ConnectionNode implements ConnectionTransport, ConnectionOwner {
  readonly schemes: readonly string[];
  readonly #carrier: Carrier;
  readonly #limits: ConnectionLimits;
  readonly #clock: Clock;
  readonly #log: EventLog | undefined;
  readonly #refusals: Refusals;
  readonly #counters = { sent: 0, received: 0, droppedNotConnected: 0, droppedQueueFull: 0 };
  /** All that have a channel, whatever their state. */
  readonly #connections = new Set<Connection>();
  readonly #peers = new Map<NodeId, PeerConnections>();
  readonly #dialers = new Map<NodeId, Dialer>();
  #addresses: readonly PeerAddress[] = [];
  #handlers: TransportHandlers | undefined;
  #state: 'new' | 'starting' | 'started' | 'closed' = 'new';
  #listening: Listening | undefined;
  #starting: Promise<void> | undefined;
  #closing: Promise<void> | undefined;
  #onAllClosed: (() => void) | undefined;
  #ticking: Timer | undefined;

  constructor(options: ConnectionTransportOptions) {
    this.schemes = options.carrier.schemes;
    this.#carrier = options.carrier;
    this.#limits = parseConnectionLimits(options);
    this.#clock = options.clock ?? systemClock;
    this.#log = options.log;
    this.#refusals = new Refusals(options.log);
  }

  start(handlers: TransportHandlers): Promise<void> {
    if (this.#state === 'closed') return Promise.reject(new RaftError('closed', 'the transport is closed'));
    if (this.#state !== 'new') return Promise.reject(new RaftError('invalidArgument', 'the transport was started already'));
    this.#state = 'starting';
    this.#handlers = handlers;
    this.#starting = this.#open();
    return this.#starting;
  }

  async #open(): Promise<void> {
    this.#listening = await this.#carrier.listen?.({
      limits: this.#limits,
      take: (channel) => this.#take(channel),
      fault: ({ reason, source = '' }) => this.#refusals.tell({ source, reason }),
    });
    if (this.#state !== 'starting') throw new RaftError('closed', 'the transport was closed while it started');
    this.#state = 'started';
    this.#tickLater();
    this.setPeers(this.#addresses);
  }

  address(): string | undefined {
    return this.#state === 'started' ? this.#listening?.address : undefined;
  }

  send(to: Peer, message: Message): void {
    const peer = this.#peers.get(to.id);
    const connection = peer?.isTold ? peer.current : undefined;
    if (connection === undefined || peer?.remote.storageId !== to.storageId) {
      this.#counters.droppedNotConnected += 1;
    } else if (connection.queuedBytes >= this.#limits.maxQueuedBytes) {
      this.#counters.droppedQueueFull += 1;
    } else {
      connection.send(encodeMessage(message));
      this.#counters.sent += 1;
    }
  }

  counters(): TransportCounters {
    return { ...this.#counters };
  }

  setPeers(peers: readonly PeerAddress[]): void {
    this.#addresses = peers;
    if (this.#state !== 'started') return;
    const ownId = this.#identity().id;
    const wanted = new Map(peers.flatMap(({ id, address }) => (address === undefined || id === ownId ? [] : [[id, address] as const])));
    for (const [id, dialer] of this.#dialers) {
      if (wanted.get(id) === dialer.address) continue;
      this.#dialers.delete(id);
      dialer.stop();
    }
    for (const [id, address] of wanted) if (!this.#dialers.has(id)) this.#addDialer(id, address);
  }

  identityChanged(): void {
    if (this.#state !== 'started') return;
    const lost = [...this.#peers.values()].filter((peer) => peer.isTold).map((peer) => peer.remote);
    this.#peers.clear();
    for (const connection of this.#connections) {
      if (connection.isUsable) connection.shut({ withinMs: farewellMs });
      else connection.destroy();
    }
    // Not before this call has returned.
    void Promise.resolve().then(() => {
      for (const remote of lost) this.#tellDisconnected(remote);
      for (const dialer of this.#dialers.values()) if (!this.#peers.has(dialer.id)) dialer.dial();
    });
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    this.#state = 'closed';
    this.#ticking?.cancel();
    const dialers = [...this.#dialers.values()];
    this.#dialers.clear();
    this.#peers.clear();
    for (const dialer of dialers) dialer.stop();
    await this.#starting?.catch(() => undefined);
    const listening = this.#listening?.close();
    for (const connection of this.#connections) {
      if (connection.remote) connection.shut({ withinMs: farewellMs });
      else connection.destroy();
    }
    if (this.#connections.size > 0) {
      await new Promise<void>((resolve) => {
        this.#onAllClosed = resolve;
      });
    }
    await listening;
  }

  introduced(connection: Connection, handshake: Handshake): void {
    const { ours, dialled } = connection;
    const reason = findRefusal({ ours, theirs: handshake, ...(dialled && { expectedId: dialled.id }) });
    if (reason !== undefined && dialled) {
      // Whom we didn't mean to dial isn't answered: it may be a friend, and would take this for its connection with us.
      connection.refuse({ fault: reason, ...(dialled.id === handshake.id && { answer: ours }) });
    } else if (reason !== undefined) {
      this.#refusals.tell({ source: handshake.id, id: handshake.id, reason });
      connection.refuse({});
    } else {
      this.#welcome(connection, identityOf(handshake));
    }
  }

  #welcome(connection: Connection, remote: RemoteIdentity): void {
    const known = this.#peers.get(remote.id);
    if (known && !mayReplace({ ours: connection.ours, standing: known.remote, newcomer: remote })) {
      this.#turnAway(connection, remote, known.remote);
      return;
    }
    const isKnown = known !== undefined && isSameIdentity(known.remote, remote);
    if (isKnown && connection.dialled) {
      // The other end dialled too, and came first.
      connection.refuse({});
      return;
    }
    if (!isKnown) known?.drop();
    connection.accept(remote);
    this.#dialers.get(remote.id)?.rest(connection);
    const peer = isKnown ? known : this.#addPeer(remote);
    peer.add(connection);
  }

  /** The id is taken. Who dialled us is shown by whom; whom we dialled hears nothing, since an answer would be an acceptance. */
  #turnAway(connection: Connection, newcomer: RemoteIdentity, standing: RemoteIdentity): void {
    const { id, storageId } = newcomer;
    const reason = `another node with the id ${id} is connected: this one has storage ${storageId}, that one ${standing.storageId}`;
    if (connection.dialled) {
      connection.refuse({ fault: reason });
    } else {
      this.#refusals.tell({ source: id, id, reason: `${connection.source}: ${reason}` });
      connection.refuse({ answer: standing });
    }
  }

  confirmed(connection: Connection): void {
    if (connection.remote) this.#peers.get(connection.remote.id)?.confirm(connection);
  }

  received(connection: Connection, message: Message): void {
    const { remote } = connection;
    const from = remote && this.#peers.get(remote.id)?.remote;
    // A connection that was replaced may still carry messages, but none may come after `disconnected`.
    if (!from || !isSameIdentity(from, remote) || this.#state !== 'started') return;
    this.#counters.received += 1;
    this.#handlers?.receive(from, message);
  }

  ended(connection: Connection, fault: string | undefined): void {
    const id = connection.dialled?.id ?? connection.remote?.id;
    if (fault !== undefined && this.#state === 'started') {
      const source = id ?? connection.source;
      const reason = connection.remote ? fault : `${connection.source}: ${fault}`;
      this.#refusals.tell({ source, ...(id !== undefined && { id }), reason });
    }
    if (id === undefined) return;
    const peer = this.#peers.get(id);
    peer?.remove(connection);
    if (peer && !peer.current && this.#peers.get(id) === peer) this.#peers.delete(id);
    const dialer = this.#dialers.get(id);
    dialer?.failed(connection);
    if (!this.#peers.has(id)) dialer?.dialLater();
  }

  closed(connection: Connection): void {
    this.#connections.delete(connection);
    if (this.#connections.size === 0) this.#onAllClosed?.();
  }

  #addPeer(remote: RemoteIdentity): PeerConnections {
    const peer = new PeerConnections({
      ownId: this.#identity().id,
      remote,
      crossingMs: this.#limits.handshakeTimeoutMs,
      listener: { connected: (remote) => this.#tellConnected(remote), disconnected: (remote) => this.#tellDisconnected(remote) },
    });
    this.#peers.set(remote.id, peer);
    return peer;
  }

  #tellConnected(remote: RemoteIdentity): void {
    if (this.#state !== 'started') return;
    this.#refusals.forget(remote.id);
    this.#dialers.get(remote.id)?.succeeded();
    this.#log?.({ type: 'connected', id: remote.id });
    this.#handlers?.connected(remote);
  }

  #tellDisconnected(remote: RemoteIdentity): void {
    if (this.#state !== 'started') return;
    this.#log?.({ type: 'disconnected', id: remote.id });
    this.#handlers?.disconnected(remote);
  }

  #identity(): Identity {
    if (!this.#handlers) throw new RaftError('invariantViolated', 'the transport was not started');
    return this.#handlers.identity();
  }

  #addDialer(id: NodeId, address: string): void {
    let dial: () => Channel;
    try {
      dial = this.#carrier.dialler(address);
    } catch (error) {
      // Addresses come with the replicated configuration: one that can't be used is told, and stops nobody.
      this.#refusals.tell({ source: id, id, reason: error instanceof Error ? error.message : String(error) });
      return;
    }
    const backoff = { minMs: this.#limits.reconnectMinMs, maxMs: this.#limits.reconnectMaxMs };
    const dialer = new Dialer({ id, address, backoff, clock: this.#clock, connect: () => this.#adopt(dial(), { id, address }) });
    this.#dialers.set(id, dialer);
    if (!this.#peers.has(id)) dialer.dial();
  }

  #take(channel: Channel): void {
    if (this.#state === 'closed') channel.destroy();
    else this.#adopt(channel, undefined);
  }

  #adopt(channel: Channel, dialled: Connection['dialled']): Connection {
    const connection = new Connection({
      channel,
      owner: this,
      clock: this.#clock,
      ours: this.#identity(),
      patienceMs: this.#limits.handshakeTimeoutMs,
      signOfLifeMs: this.#limits.signOfLifeMs,
      ...(dialled && { dialled }),
    });
    this.#connections.add(connection);
    return connection;
  }

  #tickLater(): void {
    this.#ticking = this.#clock.setTimer(this.#limits.signOfLifeMs, () => {
      for (const connection of this.#connections) connection.tick();
      this.#tickLater();
    });
  }
}
