import type { NodeId } from '@raft/wire';
import { rejectForwardedReads } from './forwarding.ts';
import { rejectReads } from './read-index.ts';
import { adoptTerm, closeSending, type State } from './state.ts';

/** Waits anew for a leader: one to two election time-outs, drawn each time so that votes rarely split (paper §5.2). */
export function resetElectionTimer(state: State): void {
  const { electionTimeoutMs } = state.config;
  state.electionAt = state.now + state.random.between(electionTimeoutMs, 2 * electionTimeoutMs);
  state.patienceEndsAt = state.electionAt;
}

/** Follows `leaderId` in the current term; null: whoever will be elected. */
export function becomeFollower(state: State, leaderId: NodeId | null): void {
  if (state.leader) {
    rejectReads(state, state.leader, leaderId);
    for (const { peer, transfer } of state.leader.progress.values()) {
      if (transfer) closeSending(state, peer, transfer.transfer);
    }
    state.leader = undefined;
    resetElectionTimer(state);
  }
  if (state.leaderId !== leaderId) rejectForwardedReads(state, leaderId);
  state.role = 'follower';
  state.leaderId = leaderId;
  state.votes.clear();
}

/** A higher term was seen: whatever this node was, it is a follower of that term now (paper §5.1). */
export function followTerm(state: State, term: number): void {
  adoptTerm(state, term);
  becomeFollower(state, null);
}
