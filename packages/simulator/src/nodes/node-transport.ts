import type { Transport } from '@raft/core';
import type { Event } from '@raft/core/protocol';

/** The transport of one life of a process. */
export interface NodeTransport {
  readonly transport: Transport;
  /** What a network of messages brings. Where bytes are carried, the transport finds that out itself, and is never told. */
  deliver(event: Event & { readonly type: 'Receive' | 'Connected' | 'Disconnected' }): void;
}
