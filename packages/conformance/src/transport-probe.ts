import { type Clock, type Identity, type RaftEvent, type RemoteIdentity, systemClock, type Transport } from '@raft/core';
import type { Message, NodeId, Peer } from '@raft/wire';
import { ConformanceError } from './assert.ts';
import type { TransportFixture, TransportPlace } from './transport-fixture.ts';

/** One call of a transport's handlers. */
export type HandlerCall =
  | { readonly type: 'connected'; readonly from: RemoteIdentity }
  | { readonly type: 'disconnected'; readonly from: RemoteIdentity }
  | { readonly type: 'receive'; readonly from: RemoteIdentity; readonly message: Message };

export interface ProbeOptions {
  readonly fixture: TransportFixture;
  readonly identity: Identity;
  readonly patienceMs: number;
  /** How many calls on transports of this world are under way. */
  readonly underWay: { calls: number };
  /** Take the place of an earlier transport that was there. */
  readonly at?: string;
  readonly hasSmallQueue?: boolean;
}

/** A node that only has a transport: it records what it is told and checks the order of it. */
export class Probe {
  /** What `identity()` tells. */
  identity: Identity;
  readonly transport: Transport;
  readonly calls: HandlerCall[] = [];
  readonly events: RaftEvent[] = [];
  readonly #place: TransportPlace;
  readonly #patienceMs: number;
  readonly #underWay: { calls: number };
  readonly #clock: Clock = systemClock;
  readonly #connected = new Map<NodeId, RemoteIdentity>();
  /** The first rule that was broken. */
  #fault: ConformanceError | undefined;
  #isClosed = false;
  #onChange: (() => void)[] = [];

  constructor(options: ProbeOptions) {
    const { fixture, identity, at, hasSmallQueue } = options;
    this.identity = identity;
    this.#patienceMs = options.patienceMs;
    this.#underWay = options.underWay;
    const log = (event: RaftEvent): void => {
      this.events.push(event);
      this.#changed();
    };
    this.#place = fixture.create({ id: identity.id, log, ...(at !== undefined && { at }), ...(hasSmallQueue && { hasSmallQueue }) });
    this.transport = this.#place.transport;
  }

  get peer(): Peer {
    return { id: this.identity.id, storageId: this.identity.storageId };
  }

  get address(): string {
    return this.#place.address();
  }

  get messages(): Message[] {
    return this.calls.flatMap((call) => (call.type === 'receive' ? [call.message] : []));
  }

  get refusals(): string[] {
    return this.events.flatMap((event) => (event.type === 'connectionRefused' ? [event.reason] : []));
  }

  async start(): Promise<this> {
    await this.transport.start({
      identity: () => this.identity,
      receive: (from, message) => this.#told({ type: 'receive', from, message }),
      connected: (from) => this.#told({ type: 'connected', from }),
      disconnected: (from) => this.#told({ type: 'disconnected', from }),
    });
    return this;
  }

  dial(...others: readonly Probe[]): void {
    this.#callOf(() => this.transport.setPeers(others.map((other) => ({ id: other.identity.id, address: other.address }))));
  }

  send(to: Peer, message: Message): void {
    this.#callOf(() => this.transport.send(to, message));
  }

  change(identity: Identity): void {
    this.identity = identity;
    this.#callOf(() => this.transport.identityChanged());
  }

  async close(): Promise<void> {
    await this.transport.close();
    this.#isClosed = true;
  }

  /** Is a connection with exactly this pair standing? */
  isConnected(peer: Peer): boolean {
    return this.#connected.get(peer.id)?.storageId === peer.storageId;
  }

  count(type: HandlerCall['type']): number {
    return this.calls.filter((call) => call.type === type).length;
  }

  async untilConnected(...others: readonly Probe[]): Promise<void> {
    await this.until(() => others.every((other) => this.isConnected(other.peer)), `${this.identity.id} is told that a connection stands`);
  }

  /** Waits for something that handler calls or events bring about. */
  async until(condition: () => boolean, expectation: string): Promise<void> {
    const timeOut = new ConformanceError(`waited ${this.#patienceMs} ms in vain: ${expectation}`);
    let isLate = false;
    const timer = this.#clock.setTimer(this.#patienceMs, () => {
      isLate = true;
      this.#changed();
    });
    try {
      while (!condition()) {
        this.check();
        if (isLate) throw timeOut;
        await new Promise<void>((resolve) => this.#onChange.push(resolve));
      }
      this.check();
    } finally {
      timer.cancel();
    }
  }

  /** Fails if any call so far broke a rule that holds for all. */
  check(): void {
    if (this.#fault) throw this.#fault;
  }

  #told(call: HandlerCall): void {
    const { id } = call.from;
    const known = this.#connected.get(id);
    this.#rule(this.#underWay.calls === 0, `a call on the transport must return before ${call.type} is called`);
    this.#rule(!this.#isClosed, `${call.type} was called after close`);
    if (call.type === 'connected') {
      this.#rule(known === undefined, `connected was called twice for ${id} without disconnected between them`);
      this.#connected.set(id, call.from);
    } else {
      this.#rule(known !== undefined, `${call.type} was called for ${id}, which is not connected`);
      this.#rule(known?.storageId === call.from.storageId, `${call.type} names another storage of ${id} than connected did`);
      this.#rule(known?.clusterId === call.from.clusterId, `${call.type} names another cluster of ${id} than connected did`);
    }
    if (call.type === 'disconnected') this.#connected.delete(id);
    this.calls.push(call);
    this.#changed();
  }

  #rule(holds: boolean, rule: string): void {
    if (!holds) this.#fault ??= new ConformanceError(`at ${this.identity.id}: ${rule}`);
  }

  #callOf(call: () => void): void {
    this.#underWay.calls += 1;
    try {
      call();
    } catch (error) {
      throw new ConformanceError(`a call on the transport threw ${String(error)}`, { cause: error });
    } finally {
      this.#underWay.calls -= 1;
    }
    this.check();
  }

  #changed(): void {
    const waiting = this.#onChange;
    this.#onChange = [];
    for (const resolve of waiting) resolve();
  }
}
