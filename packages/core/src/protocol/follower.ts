import type { AppendEntries, AppendEntriesReply } from '@raft/wire';
import type { Identity } from '../transport.ts';
import { invariant } from './invariants.ts';
import { becomeFollower, followTerm, resetElectionTimer } from './roles.ts';
import { commitTo, joinCluster, type State, send, sendWhenDurable, truncateLog } from './state.ts';

/**
 * A message that only a leader sends. Returns whether it is to be obeyed: not when it is of an earlier term. Follows
 * its sender otherwise.
 */
export function hearLeader(state: State, from: Identity, term: number): boolean {
  if (term < state.currentTerm) return false;
  // A blank node joins the cluster whose leader sends to it, since only a leader whose configuration names us does.
  if (state.clusterId === null && from.clusterId === undefined) return false;
  if (term > state.currentTerm) followTerm(state, term);
  invariant(state.role !== 'leader', () => `${from.id} leads term ${term}, which this node leads`);
  if (state.role !== 'follower' || state.leaderId !== from.id) becomeFollower(state, from.id);
  state.lastHeardLeaderAt = state.now;
  state.punctuality.leaderKnown();
  resetElectionTimer(state);
  return true;
}

/** Paper, Figure 2, AppendEntries RPC, receiver. */
export function handleAppendEntries(state: State, from: Identity, message: AppendEntries): void {
  const { log, tickets } = state;
  if (!hearLeader(state, from, message.term)) {
    // It tells our term and nothing else: a round of an earlier term would count as answered in this one, if its sender leads that too.
    const nothing = { round: 0, prevLogIndex: 0, conflictIndex: 0, conflictTerm: 0 };
    send(state, from, { type: 'AppendEntriesReply', term: state.currentTerm, success: false, ...nothing });
    return;
  }
  const { prevLogIndex, prevLogTerm, entries } = message;
  const lastNewIndex = prevLogIndex + entries.length;
  // What was compacted here was committed, so it equals the leader's.
  if (prevLogIndex >= log.boundary.index && log.termAt(prevLogIndex) !== prevLogTerm) {
    // Look below a contradicting entry; a missing one leaves all that we have to be looked at.
    send(state, from, refusal(state, message, log.lastAtMost(prevLogIndex, prevLogTerm)));
    return;
  }
  for (const entry of entries) {
    const term = log.termAt(entry.index);
    if (term === entry.term || entry.index <= log.boundary.index) continue;
    if (term !== undefined) truncateLog(state, entry.index);
    joinCluster(state, from.clusterId);
    log.append(entry);
  }
  // Not our own last index: behind the last new entry the logs may differ.
  commitTo(state, Math.min(message.leaderCommit, lastNewIndex));
  const reply = { type: 'AppendEntriesReply', term: state.currentTerm, round: message.round, success: true } as const;
  if (entries.length === 0) send(state, from, { ...reply, matchIndex: Math.min(lastNewIndex, tickets.durableIndex) });
  else sendWhenDurable(state, from, { ...reply, matchIndex: lastNewIndex });
}

function refusal(state: State, message: AppendEntries, conflict: { readonly index: number; readonly term: number }): AppendEntriesReply {
  return {
    type: 'AppendEntriesReply',
    term: state.currentTerm,
    round: message.round,
    success: false,
    prevLogIndex: message.prevLogIndex,
    conflictIndex: conflict.index,
    conflictTerm: conflict.term,
  };
}
