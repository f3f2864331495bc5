import type { Bytes } from '@raft/wire';
import type { KvCommand, KvResult } from './kv-machine.ts';

/** What the simulator's own clients ask. */
export type KvRequest = KvCommand | { readonly kind: 'read'; readonly key: string };

/** What clients of somebody else's state machine ask. */
export type OwnRequest = { readonly kind: 'command'; readonly data: Bytes } | { readonly kind: 'query'; readonly input: unknown };

/** Something that a client asked of one node. */
export interface ClientOperation {
  /** Unique in its history. */
  readonly id: number;
  readonly client: number;
  /** The node that was asked, and which of its lives. */
  readonly node: number;
  readonly life: number;
  readonly request: KvRequest | OwnRequest;
  /** In microseconds. */
  readonly invokedAt: number;
}

/** How it ended. Rejected: it did not happen and never will. Unknown: it may have happened, or may yet (architecture §5). */
export type ClientOutcome =
  /** `index`: where in the log a command took effect; for a read, the last entry that the state machine had applied. */
  { readonly type: 'ok'; readonly index: number; readonly result: KvResult } | { readonly type: 'rejected' } | { readonly type: 'unknown' };
