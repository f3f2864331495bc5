import type { EventLog, Transport } from '@raft/core';
import type { NodeId } from '@raft/wire';
import { MemoryTransport } from './memory-transport.ts';
import { type MemoryNetworkOptions, Network, pairKey } from './network.ts';

/** What one node's transport needs. */
export interface MemoryTransportOptions {
  /** The id that this node's `identity()` tells: others reach it by this id, whatever addresses say. */
  readonly id: NodeId;
  readonly log?: EventLog;
}

/** Nodes of one process, joined. Every node that was started can reach every other, unless it was cut off. */
export interface MemoryNetwork {
  transport(options: MemoryTransportOptions): Transport;
  /**
   * Cuts a pair apart until {@link MemoryNetwork.reconnect}: both notice in the next turn. With `silently` neither does, and what
   * they send each other vanishes, as on a network that stopped carrying packets.
   */
  disconnect(a: NodeId, b: NodeId, options?: { readonly silently?: boolean }): void;
  /** Heals a pair that was cut apart. */
  reconnect(a: NodeId, b: NodeId): void;
  /** Cuts a node off from all others, those that come later included, until {@link MemoryNetwork.rejoin}. */
  isolate(id: NodeId, options?: { readonly silently?: boolean }): void;
  /** Ends an isolation; pairs cut apart by `disconnect` stay so. */
  rejoin(id: NodeId): void;
}

/** Makes a network within this process: for tests, examples and benchmarks. */
export function memoryNetwork(options: MemoryNetworkOptions = {}): MemoryNetwork {
  const network = new Network(options);
  return {
    transport: (transportOptions) => new MemoryTransport(network, transportOptions),
    disconnect: (a, b, how) => network.cut(pairKey(a, b), how?.silently === true),
    reconnect: (a, b) => network.heal(pairKey(a, b)),
    isolate: (id, how) => network.cut(id, how?.silently === true),
    rejoin: (id) => network.heal(id),
  };
}
