import type { Transport, TransportCounters, TransportHandlers } from '@raft/core';
import type { Event } from '@raft/core/protocol';
import type { Message, Peer } from '@raft/wire';
import type { NodeTransport } from './node-transport.ts';
import type { ProcessLife } from './process-life.ts';

/** What a transport of messages hands to the network. */
export interface MessageCarrier {
  send(to: Peer, message: Message): void;
  /** Every connection is to be made anew. */
  reconnect(): void;
}

type NetworkEvent = Event & { readonly type: 'Receive' | 'Connected' | 'Disconnected' };

/** The contract of a transport over a network that carries messages as they are, and that proves who sent them. */
export class MessageTransport implements Transport, NodeTransport {
  readonly #carrier: MessageCarrier;
  readonly #life: ProcessLife;
  #handlers: TransportHandlers | undefined;
  #closed = false;
  /** Came before the start, while the listener's queue took it. */
  #early: NetworkEvent[] = [];
  #sent = 0;
  #received = 0;

  constructor(carrier: MessageCarrier, life: ProcessLife) {
    this.#carrier = carrier;
    this.#life = life;
  }

  get transport(): Transport {
    return this;
  }

  async start(handlers: TransportHandlers): Promise<void> {
    this.#handlers = handlers;
    const early = this.#early;
    this.#early = [];
    for (const event of early) this.#life.later(0, () => this.#deliver(event));
  }

  send(to: Peer, message: Message): void {
    if (this.#closed || this.#life.ended) return;
    this.#sent += 1;
    this.#carrier.send(to, message);
  }

  /** The network connects everybody with everybody. */
  setPeers(): void {}

  identityChanged(): void {
    if (!this.#closed && !this.#life.ended) this.#carrier.reconnect();
  }

  counters(): TransportCounters {
    return { sent: this.#sent, received: this.#received, droppedNotConnected: 0, droppedQueueFull: 0 };
  }

  async close(): Promise<void> {
    this.#closed = true;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  deliver(event: NetworkEvent): void {
    this.#life.run(() => {
      if (this.#handlers === undefined) this.#early.push(event);
      else this.#deliver(event);
    });
  }

  #deliver(event: NetworkEvent): void {
    const handlers = this.#handlers;
    if (handlers === undefined || this.#closed) return;
    if (event.type === 'Receive') {
      this.#received += 1;
      handlers.receive(event.from, event.message);
    } else if (event.type === 'Connected') handlers.connected(event.from);
    else handlers.disconnected(event.from);
  }
}
