import type { ClusterId, Configuration, NodeId, StorageId } from '@raft/wire';
import type { Role } from './protocol/ready.ts';

/** What a leader knows about one follower (paper, Figure 2: nextIndex[], matchIndex[]). */
export interface FollowerStatus {
  readonly matchIndex: number;
  readonly nextIndex: number;
  readonly state: 'probe' | 'replicate' | 'snapshot';
  readonly inflightMessages: number;
}

/** The numbers that say where a node stands: cheap enough to be looked at after every step. */
export interface Vitals {
  readonly role: Role;
  readonly term: number;
  readonly votedFor: NodeId | null;
  readonly leaderId: NodeId | null;
  readonly commitIndex: number;
  /** The last entry that is durable here. */
  readonly durableIndex: number;
  readonly firstIndex: number;
  readonly lastIndex: number;
  readonly snapshotIndex: number;
  /** The platform fires this node's timers late again and again, as browsers do in hidden tabs: before it campaigns it lets others go first. */
  readonly timersSlowed: boolean;
}

/** The protocol's state, for people and tests to look at. */
export interface ProtocolStatus extends Vitals {
  readonly id: NodeId;
  readonly storageId: StorageId;
  readonly clusterId: ClusterId | null;
  /** No configuration here names this storage: this node neither votes nor campaigns. */
  readonly blank: boolean;
  /** Why the role is `stopped`. */
  readonly reason: string | null;
  readonly configuration: Configuration | null;
  /** Empty unless this node leads. */
  readonly followers: Readonly<Record<NodeId, FollowerStatus>>;
  /** While a bootstrap waits: members not heard of yet, and members that belong to another cluster. */
  readonly forming: { readonly missing: readonly NodeId[]; readonly foreign: readonly NodeId[] } | null;
}

/** A node's state. */
export interface NodeStatus extends ProtocolStatus {
  /** The last command that the state machine has seen. */
  readonly lastApplied: number;
}
