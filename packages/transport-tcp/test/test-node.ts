import { setImmediate as turn } from 'node:timers/promises';
import type { Identity, RaftEvent } from '@raft/core';
import { encodeEntry, type Message } from '@raft/wire';
import { type TcpTransport, type TcpTransportOptions, tcpTransport } from '../src/index.ts';

export const clusterId = 'c'.repeat(32);

/** A member of the cluster that the tests play in. */
export function member(id: string, storage = id.slice(1)): Identity & { readonly clusterId: string } {
  return { id, storageId: storage.padStart(32, '0'), clusterId };
}

/** A message that a number tells from others. */
export function message(round: number, bytes = 10): Message {
  const entries = [encodeEntry({ index: 1, term: 1, kind: 'command', data: new Uint8Array(bytes).fill(round) })];
  return { type: 'AppendEntries', term: 1, round, prevLogIndex: 0, prevLogTerm: 0, leaderCommit: 0, entries };
}

export type Call =
  | { readonly type: 'connected' | 'disconnected'; readonly id: string }
  | { readonly type: 'receive'; readonly id: string; readonly round: number };

/** A transport that records what it tells. */
export class TestNode {
  readonly transport: TcpTransport;
  readonly calls: Call[] = [];
  readonly refusals: string[] = [];
  identity: Identity;

  constructor(identity: Identity, options: TcpTransportOptions = {}) {
    this.identity = identity;
    const log = (event: RaftEvent): void => {
      if (event.type === 'connectionRefused') this.refusals.push(event.reason);
    };
    this.transport = tcpTransport({ listen: 'tcp://127.0.0.1:0', reconnectMinMs: 5, reconnectMaxMs: 20, log, ...options });
  }

  static async start(identity: Identity, options: TcpTransportOptions = {}): Promise<TestNode> {
    const node = new TestNode(identity, options);
    await node.transport.start({
      identity: () => node.identity,
      connected: ({ id }) => node.calls.push({ type: 'connected', id }),
      disconnected: ({ id }) => node.calls.push({ type: 'disconnected', id }),
      receive: (from, received) => {
        node.calls.push({ type: 'receive', id: from.id, round: received.type === 'AppendEntries' ? received.round : 0 });
      },
    });
    return node;
  }

  get address(): string {
    return this.transport.address() ?? '';
  }

  get port(): number {
    return Number(this.address.split(':').at(-1));
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

/** Lets the event loop turn until something has come about; the test's own time limit ends it otherwise. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await turn();
}

/** Sockets, listeners and timers of this process. */
export function openResources(): string[] {
  return process.getActiveResourcesInfo().filter((kind) => /TCP|Timeout|Connect|DNS|GetAddrInfo/.test(kind));
}
