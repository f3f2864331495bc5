import type { Identity, PeerAddress, RemoteIdentity, Transport, TransportCounters, TransportHandlers } from '@raft/core';
import type { Message, Peer } from '@raft/wire';
import type { ProcessLife } from './process-life.ts';

/** What is told of a transport. */
export interface TransportWatcher {
  /** Before it leaves. */
  sends(to: Peer, message: Message): void;
  sent(message: Message): void;
  /** Before the node is told. */
  receives(from: RemoteIdentity, message: Message): void;
  connection(kind: 'connected' | 'disconnected', from: RemoteIdentity): void;
}

/** Stands between a node and its transport, and lets nothing through once the process has ended. */
export class WatchedTransport implements Transport {
  readonly schemes?: readonly string[];
  readonly #inner: Transport;
  readonly #life: ProcessLife;
  readonly #watcher: TransportWatcher;
  #handlers: TransportHandlers | undefined;

  constructor(inner: Transport, life: ProcessLife, watcher: TransportWatcher) {
    this.#inner = inner;
    this.#life = life;
    this.#watcher = watcher;
    if (inner.schemes !== undefined) this.schemes = inner.schemes;
  }

  /** As the node's handshakes say; undefined before it was started. */
  identity(): Identity | undefined {
    return this.#handlers?.identity();
  }

  start(handlers: TransportHandlers): Promise<void> {
    this.#handlers = handlers;
    return this.#inner.start({
      identity: () => handlers.identity(),
      receive: (from, message) => {
        if (this.#life.ended) return;
        this.#watcher.receives(from, message);
        handlers.receive(from, message);
      },
      connected: (from) => this.#connection('connected', from),
      disconnected: (from) => this.#connection('disconnected', from),
    });
  }

  send(to: Peer, message: Message): void {
    if (this.#life.ended) return;
    this.#watcher.sends(to, message);
    if (this.#life.ended) return;
    this.#inner.send(to, message);
    this.#watcher.sent(message);
  }

  setPeers(peers: readonly PeerAddress[]): void {
    if (!this.#life.ended) this.#inner.setPeers(peers);
  }

  identityChanged(): void {
    if (!this.#life.ended) this.#inner.identityChanged();
  }

  counters(): TransportCounters {
    return this.#inner.counters();
  }

  close(): Promise<void> {
    return this.#inner.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #connection(kind: 'connected' | 'disconnected', from: RemoteIdentity): void {
    if (this.#life.ended) return;
    this.#watcher.connection(kind, from);
    if (kind === 'connected') this.#handlers?.connected(from);
    else this.#handlers?.disconnected(from);
  }
}
