import { setImmediate as turn } from 'node:timers/promises';
import type { EventLog, Identity, RaftEvent, Transport } from '@raft/core';
import { type WsTransport, type WsTransportOptions, wsTransport } from '../src/index.ts';
import { type WsServerTransport, type WsServerTransportOptions, wsServerTransport } from '../src/server.ts';
import { roundOf } from './messages.ts';

export type Call =
  | { readonly type: 'connected' | 'disconnected'; readonly id: string }
  | { readonly type: 'receive'; readonly id: string; readonly round: number };

/** A transport that records what it tells. */
export class TestNode<T extends Transport> {
  readonly transport: T;
  readonly calls: Call[] = [];
  readonly refusals: string[] = [];
  identity: Identity;

  constructor(identity: Identity, make: (log: EventLog) => T) {
    this.identity = identity;
    this.transport = make((event: RaftEvent): void => {
      if (event.type === 'connectionRefused') this.refusals.push(event.reason);
    });
  }

  async start(): Promise<this> {
    await this.transport.start({
      identity: () => this.identity,
      connected: ({ id }) => this.calls.push({ type: 'connected', id }),
      disconnected: ({ id }) => this.calls.push({ type: 'disconnected', id }),
      receive: ({ id }, received) => this.calls.push({ type: 'receive', id, round: roundOf(received) }),
    });
    return this;
  }

  dial(...peers: readonly { readonly id: string; readonly address: string }[]): void {
    this.transport.setPeers(peers);
  }

  count(type: Call['type']): number {
    return this.calls.filter((call) => call.type === type).length;
  }

  get rounds(): number[] {
    return this.calls.flatMap((call) => (call.type === 'receive' ? [call.round] : []));
  }

  get isConnected(): boolean {
    return this.count('connected') > this.count('disconnected');
  }
}

export type ServerNode = TestNode<WsServerTransport>;

const quick = { reconnectMinMs: 5, reconnectMaxMs: 20 };

/** A node that listens, unless it is told otherwise. */
export function serverNode(identity: Identity, options: WsServerTransportOptions = {}): ServerNode {
  const where = options.server ? {} : { listen: 'ws://127.0.0.1:0/raft' };
  return new TestNode(identity, (log) => wsServerTransport({ ...where, ...quick, log, ...options }));
}

/** A node that dials with the platform's WebSocket, as a page does. */
export function dialNode(identity: Identity, options: WsTransportOptions = {}): TestNode<WsTransport> {
  return new TestNode(identity, (log) => wsTransport({ ...quick, log, ...options }));
}

export function addressOf(node: ServerNode): string {
  return node.transport.address() ?? '';
}

/** Lets the event loop turn until something has come about; the test's own time limit ends it otherwise. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await turn();
}
