import type { ClusterId, NodeId, SnapshotMeta } from '@raft/wire';
import type { Role } from './protocol/ready.ts';

/** What a node, storage or transport tells about itself, as plain data; silent unless a `log` is given. */
export type RaftEvent =
  | { readonly type: 'roleChanged'; readonly role: Role; readonly term: number; readonly leaderId: NodeId | null }
  /** A bootstrap waits: `missing` members were not heard of, `foreign` ones belong to another cluster. */
  | { readonly type: 'waitingToForm'; readonly missing: readonly NodeId[]; readonly foreign: readonly NodeId[] }
  /** This node is part of a cluster, durably. */
  | { readonly type: 'formed'; readonly clusterId: ClusterId }
  /** One of our own state machine is durable and current. */
  | { readonly type: 'snapshotTaken'; readonly meta: SnapshotMeta; readonly durationMs: number }
  /** The state machine was replaced by what the leader sent. */
  | { readonly type: 'snapshotRestored'; readonly meta: SnapshotMeta }
  /** Taking one of our own state machine failed, or reading one for a follower; the node goes on. */
  | { readonly type: 'snapshotFailed'; readonly reason: string }
  /** The storage has not answered for `stallTimeoutMs`; a leader steps down. */
  | { readonly type: 'stalled' }
  /** The node halted for good; `status()` goes on saying why. */
  | { readonly type: 'stopped'; readonly reason: string }
  /** A handshake with this node succeeded. */
  | { readonly type: 'connected'; readonly id: NodeId }
  /** No connection to it is left. */
  | { readonly type: 'disconnected'; readonly id: NodeId }
  /** A handshake failed, ours or theirs; told once until the reason changes. A browser doesn't say why it could not connect, on purpose. */
  | { readonly type: 'connectionRefused'; readonly id?: NodeId; readonly reason: string }
  /** What was written last and never acknowledged was cut at this start. The indices are those of the entries that went, where they could be read. */
  | {
      readonly type: 'tornTailCut';
      readonly file: string;
      readonly offset: number;
      readonly firstIndex: number | null;
      readonly lastIndex: number | null;
    };

/** Takes each event; must not throw. */
export type EventLog = (event: RaftEvent) => void;
