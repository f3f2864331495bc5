import type { NodeId, Peer, ReadIndex } from '@raft/wire';
import type { Identity } from '../transport.ts';
import { quorumValue } from './quorum.ts';
import { configurationOf, type LeaderState, type PendingRead, type State, send } from './state.ts';

// Linearizable reads without the log (thesis §6.4): note the commit index, make sure by a round of appends that we still
// led after the read came in, and serve it once that index is applied. Rounds are counted, never named by a caller.

/** A read for the leader: its own, or a follower's. */
export function queueRead(state: State, leader: LeaderState, read: PendingRead): void {
  if (leader.waitingReads.length < state.config.maxPendingRequests) leader.waitingReads.push(read);
  // A read that is asked again while it waits must not be refused by its copy.
  else if (!isWaiting(leader, read)) refuse(state, read, 'overloaded', state.leaderId);
}

function isWaiting(leader: LeaderState, read: PendingRead): boolean {
  if (!('from' in read)) return false;
  const same = (other: PendingRead) =>
    'from' in other && other.id === read.id && other.source === read.source && other.from.storageId === read.from.storageId;
  return leader.waitingReads.some(same) || (leader.confirming?.reads.some(same) ?? false);
}

/** A follower forwards a read, or several as one. */
export function handleReadIndex(state: State, from: Identity, message: ReadIndex): void {
  const read = { from: { id: from.id, storageId: from.storageId }, source: message.source, id: message.id };
  if (state.leader) queueRead(state, state.leader, read);
  else refuse(state, read, 'notLeader', state.leaderId);
}

/**
 * Starts a round for all waiting reads, unless one is under way. Returns whether appends must go out.
 *
 * Not before an entry of this term is committed: until then the commit index may lag behind what an earlier leader
 * acknowledged (paper §8).
 */
export function startReadRound(state: State, leader: LeaderState): boolean {
  if (leader.waitingReads.length === 0 || leader.confirming || state.commitIndex < leader.termStartIndex) return false;
  leader.readRound += 1;
  leader.confirming = { round: leader.readRound, index: state.commitIndex, reads: leader.waitingReads };
  leader.waitingReads = [];
  return true;
}

/** Serves the round under way once a majority answered appends that were sent after it began. */
export function confirmReads(state: State, leader: LeaderState): void {
  const { confirming } = leader;
  const configuration = configurationOf(state);
  if (!confirming || !configuration) return;
  const confirmed = quorumValue(configuration, (voter) =>
    voter.id === state.self.id ? leader.readRound : (leader.progress.get(voter.id)?.ackedRound ?? 0),
  );
  if (confirmed < confirming.round) return;
  leader.confirming = undefined;
  for (const read of confirming.reads) {
    if ('from' in read) {
      const { from, source, id } = read;
      send(state, from, { type: 'ReadIndexReply', term: state.currentTerm, source, id, index: confirming.index });
      expectApplied(leader, from, confirming.index);
    } else {
      state.outbox.reads.push({ id: read.id, index: confirming.index });
    }
  }
}

/** A follower's client waits until the follower has applied `index`: it is to hear of the commit at once. */
export function expectApplied(leader: LeaderState, follower: Peer, index: number): void {
  const progress = leader.progress.get(follower.id);
  if (progress) progress.awaitedIndex = Math.max(progress.awaitedIndex, index);
}

/** Leadership ends: nobody can confirm these any more. Reads change nothing, so they can simply be asked again. */
export function rejectReads(state: State, leader: LeaderState, leaderId: NodeId | null): void {
  for (const read of [...(leader.confirming?.reads ?? []), ...leader.waitingReads]) refuse(state, read, 'notLeader', leaderId);
  leader.confirming = undefined;
  leader.waitingReads = [];
}

function refuse(state: State, read: PendingRead, reason: 'notLeader' | 'overloaded', leaderId: NodeId | null): void {
  if ('from' in read) {
    const { from, source, id } = read;
    send(state, from, { type: 'ReadIndexReply', term: state.currentTerm, source, id, index: null });
  } else {
    state.outbox.reads.push({ id: read.id, rejected: reason, ...(leaderId !== null && { leaderId }) });
  }
}
