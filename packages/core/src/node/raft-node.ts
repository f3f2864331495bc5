import type { Bytes, NodeId, SnapshotMeta } from '@raft/wire';
import type { AbortSignalLike } from '../abort-signal.ts';
import type { Clock } from '../clock.ts';
import type { ConfigInput } from '../config.ts';
import type { EventLog } from '../events.ts';
import type { StateMachine } from '../state-machine.ts';
import type { NodeStatus } from '../status.ts';
import type { Storage } from '../storage.ts';
import type { PeerAddress, Transport } from '../transport.ts';
import type { ProposeOutcome, ReadOutcome } from './outcomes.ts';

/** What a node is made of. */
export interface RaftNodeOptions<Result, Query, Answer> {
  readonly id: NodeId;
  /** Not opened yet; owned by the node from here on, closed with it. */
  readonly storage: Storage;
  /** Not started yet; owned by the node from here on, closed with it. */
  readonly transport: Transport;
  readonly stateMachine: StateMachine<Result, Query, Answer>;
  /** Nodes known at start. Their addresses win over those in the configuration. */
  readonly peers: readonly PeerAddress[];
  /** Form a cluster of exactly the nodes in `peers`, this one among them, if this node is blank. On a formed storage it does nothing, so it may always be given. */
  readonly bootstrap?: { readonly clusterName: string };
  readonly config?: ConfigInput;
  readonly clock?: Clock;
  readonly log?: EventLog;
}

export interface RequestOptions {
  /** Ends the wait; a proposal that was made may still commit. */
  readonly signal?: AbortSignalLike;
}

/** A member of a cluster. Skeleton: the pump comes next. */
export class RaftNode<Result, Query, Answer> implements AsyncDisposable {
  /** Opens the storage, restores the state machine, starts the transport. Rejects as these do. */
  static async start<Result, Query, Answer>(_options: RaftNodeOptions<Result, Query, Answer>): Promise<RaftNode<Result, Query, Answer>> {
    throw new Error('not written');
  }
  propose(_data: Bytes, _options?: RequestOptions): Promise<ProposeOutcome<Result>> {
    throw new Error('not written');
  }
  /** Linearizable unless asked to be local (then: whatever this node has applied). */
  read(_query: Query, _options?: RequestOptions & { readonly consistency?: 'linearizable' | 'local' }): Promise<ReadOutcome<Answer>> {
    throw new Error('not written');
  }
  /** Resolves true once a leader is known here, false when aborted, closed or stopped. */
  waitForLeader(_options?: RequestOptions): Promise<boolean> {
    throw new Error('not written');
  }
  /** Takes a snapshot of what is applied now and compacts; undefined when there is nothing new. */
  takeSnapshot(): Promise<SnapshotMeta | undefined> {
    throw new Error('not written');
  }
  status(): NodeStatus {
    throw new Error('not written');
  }
  close(): Promise<void> {
    throw new Error('not written');
  }
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
