import type { Peer, SnapshotMeta } from '@raft/wire';
import type { Config } from '../config.ts';
import { Inflights } from './inflights.ts';

/** A snapshot on its way to a follower, one chunk at a time. */
export interface SnapshotTransfer {
  readonly transfer: number;
  /** Known once the first chunk was read. */
  meta: SnapshotMeta | undefined;
  /** Where the chunk under way starts. */
  offset: number;
  /** How far the snapshot was sent. */
  sentBytes: number;
  /** A chunk is being read from storage, or one was sent and its answer is awaited. */
  waitingFor: 'read' | 'answer';
  /** When the last chunk was sent or asked for. */
  since: number;
}

/**
 * What the leader knows about one follower.
 *
 * - probe: where the logs part is not known; one message at a time.
 * - replicate: appends follow each other without waiting; nextIndex runs ahead of what is acknowledged.
 * - snapshot: the follower needs entries that were compacted; a snapshot is under way.
 */
export class Progress {
  readonly peer: Peer;
  /** Durable at the follower and equal to the leader's log. Never falls within a term. */
  matchIndex = 0;
  /** Invariant: matchIndex < nextIndex. */
  nextIndex: number;
  state: 'probe' | 'replicate' | 'snapshot' = 'probe';
  readonly inflights: Inflights;
  /** In probe: a message is under way, or the next heartbeat's answer is to be awaited. */
  paused = false;
  /** Bodies were asked from storage. */
  fetching = false;
  transfer: SnapshotTransfer | undefined;
  /** The highest read round this follower has answered in this term. */
  ackedRound = 0;
  /** The highest read round sent to it. */
  sentRound = 0;
  /** An empty append is due. */
  owesHeartbeat = false;
  /** When it last answered in this term. */
  lastHeardAt: number;
  /** The highest leaderCommit sent and not known lost. */
  sentCommit = 0;
  /** It has a client waiting until it applied this. */
  awaitedIndex = 0;

  constructor(peer: Peer, options: { readonly nextIndex: number; readonly now: number; readonly config: Config }) {
    this.peer = peer;
    this.nextIndex = options.nextIndex;
    this.lastHeardAt = options.now;
    this.inflights = new Inflights(options.config);
  }

  /** Whatever was under way may be lost: find out where the follower stands. */
  becomeProbe(nextIndex: number): void {
    this.state = 'probe';
    this.nextIndex = Math.max(nextIndex, this.matchIndex + 1);
    this.paused = false;
    this.transfer = undefined;
    this.sentCommit = 0;
    this.inflights.clear();
  }

  /** The follower's log equals ours up to `index`, durably. */
  becomeReplicate(): void {
    this.state = 'replicate';
    this.paused = false;
    this.transfer = undefined;
    this.inflights.clear();
    this.nextIndex = Math.max(this.nextIndex, this.matchIndex + 1);
  }

  becomeSnapshot(transfer: SnapshotTransfer): void {
    this.state = 'snapshot';
    this.paused = false;
    this.transfer = transfer;
    this.inflights.clear();
  }

  /** Returns whether it is news. */
  acknowledge(index: number): boolean {
    this.inflights.acknowledge(index);
    if (index <= this.matchIndex) return false;
    this.matchIndex = index;
    this.nextIndex = Math.max(this.nextIndex, index + 1);
    return true;
  }
}
