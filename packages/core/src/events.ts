import type { ClusterId, NodeId, SnapshotMeta } from '@raft/wire';
import type { Role } from './protocol/ready.ts';

/** What a node, storage or transport tells about itself, as plain data; silent unless a `log` is given. */
export type RaftEvent =
  | { readonly type: 'roleChanged'; readonly role: Role; readonly term: number; readonly leaderId: NodeId | null }
  | { readonly type: 'waitingToForm'; readonly missing: readonly NodeId[]; readonly foreign: readonly NodeId[] }
  | { readonly type: 'formed'; readonly clusterId: ClusterId }
  | { readonly type: 'snapshotTaken'; readonly meta: SnapshotMeta; readonly durationMs: number }
  | { readonly type: 'snapshotRestored'; readonly meta: SnapshotMeta }
  /** Taking one of our own state machine failed, or reading one for a follower; the node goes on. */
  | { readonly type: 'snapshotFailed'; readonly reason: string }
  | { readonly type: 'stalled' }
  | { readonly type: 'stopped'; readonly reason: string }
  | { readonly type: 'connected'; readonly id: NodeId }
  | { readonly type: 'disconnected'; readonly id: NodeId }
  | { readonly type: 'connectionRefused'; readonly id?: NodeId; readonly reason: string }
  | {
      readonly type: 'tornTailCut';
      readonly file: string;
      readonly offset: number;
      readonly firstIndex: number | null;
      readonly lastIndex: number | null;
    };

/** Takes each event; must not throw. */
export type EventLog = (event: RaftEvent) => void;
