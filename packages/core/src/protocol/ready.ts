import type { Bytes, ClusterId, Entry, Message, NodeId, Peer, Rejection, SnapshotMeta } from '@raft/wire';
import type { WriteBatch } from '../storage.ts';
import type { Identity } from '../transport.ts';

/** leader, follower, preCandidate and candidate as in paper and thesis; stopped: it halted for good, since its storage, its state machine or an invariant failed. */
export type Role = 'leader' | 'follower' | 'preCandidate' | 'candidate' | 'stopped';

/** Everything that can happen to the protocol. Requests carry ids of the caller's choosing, unique while they are open. */
export type Event =
  | { readonly type: 'Receive'; readonly from: Identity; readonly message: Message }
  /** Time has passed: see {@link Ready.wakeAt}. `lateMs`: a timer brought this about, and fired so long after it was due. */
  | { readonly type: 'Tick'; readonly lateMs?: number }
  | { readonly type: 'Propose'; readonly proposals: readonly { readonly id: number; readonly data: Bytes }[] }
  | { readonly type: 'Read'; readonly id: number }
  /** The write of this ticket, and so each one before it, is durable. */
  | { readonly type: 'Persisted'; readonly ticket: number }
  /** A write was rejected, or something else that can't be undone failed: the node halts for good. */
  | { readonly type: 'PersistFailed'; readonly reason: string }
  /** No write has completed for the deadline although one is under way; the next Persisted ends it. */
  | { readonly type: 'Stalled' }
  /** Everything up to `index` was applied to the state machine. */
  | { readonly type: 'Applied'; readonly index: number }
  /** Answer to {@link Ready.fetch}; may be short, empty or late. `to` is the follower they are for. */
  | { readonly type: 'Fetched'; readonly to: Peer; readonly entries: readonly Entry[] }
  /** A snapshot of our own state machine, at an index that was applied, is committed in storage (durable, not current). */
  | { readonly type: 'SnapshotTaken'; readonly meta: SnapshotMeta }
  /** Answer to {@link Ready.readChunk}; without `data` the snapshot could not be read. */
  | {
      readonly type: 'ChunkRead';
      readonly to: Peer;
      readonly transfer: number;
      readonly offset: number;
      readonly meta?: SnapshotMeta;
      readonly data?: Bytes;
      readonly done: boolean;
    }
  /** Answer to {@link Ready.storeChunk}: stored up to nextOffset; with `done`, committed in storage (durable, not current). */
  | { readonly type: 'ChunkStored'; readonly from: Peer; readonly transfer: number; readonly nextOffset: number; readonly done: boolean }
  /** The other answer to it: the storage had no room for a snapshot beside its log. It goes on without. */
  | { readonly type: 'ChunkNotStored'; readonly from: Peer; readonly transfer: number }
  /** A handshake with this peer has succeeded. */
  | { readonly type: 'Connected'; readonly from: Identity }
  /** No connection to it is left. */
  | { readonly type: 'Disconnected'; readonly from: Peer };

/** What becomes of a proposal as far as the protocol knows. Whether it commits is seen when its index is applied. */
export type Outcome =
  | { readonly id: number; readonly appended: { readonly index: number; readonly term: number } }
  | { readonly id: number; readonly rejected: Rejection; readonly leaderId?: NodeId };

export type ReadOutcome =
  | { readonly id: number; readonly index: number }
  | { readonly id: number; readonly rejected: Rejection; readonly leaderId?: NodeId };

/** A message and the node-with-storage it is meant for. */
export interface Outgoing {
  readonly to: Peer;
  readonly message: Message;
}

export interface SoftState {
  readonly role: Role;
  readonly term: number;
  readonly leaderId: NodeId | null;
}

/**
 * What the outside world must do now. Each part is absent or empty when there is nothing to do. The parts may be done
 * side by side, but for the order that each states.
 */
export interface Ready {
  /** One atomic durable batch. Tickets only grow; writes are handed to the storage in their order. Then: `Persisted`. */
  readonly write?: WriteBatch & { readonly ticket: number };
  /** May leave at once, before and beside `write`. */
  readonly messages: readonly Outgoing[];
  /** May leave once the write of that ticket is durable. Never changed in the meantime. */
  readonly messagesAfter: readonly (Outgoing & { readonly ticket: number })[];
  /** Restore the state machine from the storage's current snapshot, once that ticket is durable and before any `committed` that follows. Then: `Applied`. */
  readonly restore?: { readonly meta: SnapshotMeta; readonly ticket: number };
  /** Apply `from`..`to`, in order. `entries` holds the last of them, as far as they are cached; the others are durable: read them from storage. Then: `Applied`. */
  readonly committed?: { readonly from: number; readonly to: number; readonly entries: readonly Entry[] };
  readonly outcomes: readonly Outcome[];
  /** Serve `id` once everything up to `index` is applied, or reject it. */
  readonly reads: readonly ReadOutcome[];
  /** Read entries from storage for a follower that is far behind. Then: `Fetched`. One outstanding per follower. */
  readonly fetch: readonly { readonly to: Peer; readonly from: number; readonly through: number; readonly maxBytes: number }[];
  /** Read a chunk of the current snapshot for a follower. At offset 0 (anew) open the storage's current one; keep it open while offsets grow. Then: `ChunkRead`. One outstanding per follower. */
  readonly readChunk: readonly { readonly to: Peer; readonly transfer: number; readonly offset: number; readonly maxBytes: number }[];
  /** Store a chunk that was received; offset 0 starts anew, `done` commits the snapshot in storage. Then: `ChunkStored`. At most one outstanding. */
  readonly storeChunk?: {
    readonly from: Peer;
    readonly transfer: number;
    readonly meta: SnapshotMeta;
    readonly offset: number;
    readonly data: Bytes;
    readonly done: boolean;
  };
  /** Transfers that ended: close what is open for them (readers towards a peer, the writer of one received). */
  readonly transfersEnded: readonly { readonly peer: Peer; readonly transfer: number; readonly direction: 'sending' | 'receiving' }[];
  /** The log may be cut up to and including this index, once every write handed out before is durable. */
  readonly compactTo?: number;
  /** This node just became part of a cluster (in `write`): once that is durable, the transport must shake hands anew. */
  readonly formed?: { readonly clusterId: ClusterId; readonly ticket: number };
  /** When something in it changed. */
  readonly softState?: SoftState;
  /** When the protocol wants its next Tick, on the clock of `now`. Infinity: never. */
  readonly wakeAt: number;
}
