import type { Bytes, NodeId, Propose, ProposeReply, ReadIndexReply, Rejection } from '@raft/wire';
import { encodeEntry } from '@raft/wire';
import type { Identity } from '../transport.ts';
import { configurationOf, type LeaderState, type State, send } from './state.ts';

// A follower hands proposals and reads to its leader. A proposal names the leader's term and is taken only by the leader
// of that very term, each id once: so a copy that the network made, or kept for long, never becomes a second entry. What
// the leader can't rule out it doesn't answer: then the proposal's outcome is unknown. Nothing is sent twice but reads.

/** Puts a proposal into the log, or says why not. */
export function appendProposal(
  state: State,
  leader: LeaderState,
  data: Bytes,
): { readonly index: number; readonly term: number } | { readonly rejected: Rejection } {
  const { config, log } = state;
  if (data.length > config.maxProposalBytes) return { rejected: 'tooLarge' };
  if (leader.uncommitted.length >= config.maxUncommittedEntries || leader.uncommittedBytes >= config.maxUncommittedBytes) {
    return { rejected: 'overloaded' };
  }
  const entry = encodeEntry({ index: log.lastIndex + 1, term: state.currentTerm, kind: 'command', data });
  log.append(entry);
  leader.uncommitted.push({ index: entry.index, bytes: entry.bytes.length });
  leader.uncommittedBytes += entry.bytes.length;
  return { index: entry.index, term: entry.term };
}

/** Sends what came in since the last Ready to the leader, proposals in messages of bounded size, reads as one. */
export function flushForwarded(state: State): void {
  const { leaderId, toForward, readsToForward } = state;
  if (toForward.length === 0 && readsToForward.length === 0) return;
  state.toForward = [];
  state.readsToForward = [];
  const leader = configurationOf(state)?.voters.find((voter) => voter.id === leaderId);
  if (leader === undefined || leaderId === state.self.id) {
    const rejection = { rejected: 'noLeader' } as const;
    for (const { id } of toForward) state.outbox.outcomes.push({ id, ...rejection });
    for (const id of readsToForward) state.outbox.reads.push({ id, ...rejection });
    return;
  }
  const to = { id: leader.id, storageId: leader.storageId };
  for (let start = 0; start < toForward.length; ) {
    let end = start;
    const proposals: { id: number; data: Bytes }[] = [];
    for (let bytes = 0; end < toForward.length; end++) {
      const proposal = toForward[end];
      if (proposal === undefined) break;
      bytes += proposal.data.length;
      if (bytes > state.config.maxAppendBytes && end > start) break;
      const id = ++state.lastRequestId;
      state.forwarded.set(id, { id: proposal.id, expiresAt: state.now + state.config.outcomeTimeoutMs });
      proposals.push({ id, data: proposal.data });
    }
    start = end;
    const floor = state.forwarded.keys().next().value ?? 0;
    send(state, to, { type: 'Propose', term: state.currentTerm, source: state.source, floor, proposals });
  }
  if (readsToForward.length > 0) {
    const id = ++state.lastRequestId;
    const { heartbeatIntervalMs, electionTimeoutMs } = state.config;
    state.forwardedReads.set(id, {
      ids: readsToForward,
      resendAt: state.now + heartbeatIntervalMs,
      expiresAt: state.now + electionTimeoutMs,
    });
    send(state, to, { type: 'ReadIndex', term: state.currentTerm, source: state.source, id });
  }
}

/** As leader: takes a follower's proposals. */
export function handlePropose(state: State, from: Identity, message: Propose): void {
  const { leader } = state;
  const leads = leader !== undefined && message.term === state.currentTerm;
  // In terms up to the one found on disk, and in led terms before the last, this node may have taken it and forgotten.
  if (!leads && (message.term <= state.loadedTerm || message.term < state.ledTerm || message.term > state.currentTerm)) return;
  const known = takenFrom(state, from, message);
  const results: ProposeReply['results'][number][] = [];
  for (const { id, data } of message.proposals) {
    if (known && (id < known.floor || known.ids.has(id))) continue;
    known?.ids.add(id);
    const taken = leads ? appendProposal(state, leader, data) : { rejected: 'notLeader' as const };
    if ('rejected' in taken) results.push({ outcome: 'rejected', id, reason: taken.rejected });
    else results.push({ outcome: 'appended', id, ...taken });
  }
  if (results.length > 0) {
    send(state, from, { type: 'ProposeReply', term: state.currentTerm, source: message.source, results });
  }
}

/** What is known of this sender's ids in the term that was led last, undefined for other terms; ids below the new floor are dropped. */
function takenFrom(state: State, from: Identity, message: Propose): { floor: number; readonly ids: Set<number> } | undefined {
  if (message.term !== state.ledTerm) return undefined;
  const sender = `${from.id}/${from.storageId}/${message.source}`;
  let known = state.taken.get(sender);
  if (known === undefined) {
    known = { floor: 0, ids: new Set() };
    state.taken.set(sender, known);
  }
  if (message.floor > known.floor) {
    known.floor = message.floor;
    for (const id of known.ids) if (id < message.floor) known.ids.delete(id);
  }
  return known;
}

export function handleProposeReply(state: State, message: ProposeReply): void {
  if (message.source !== state.source) return;
  for (const result of message.results) {
    const proposal = state.forwarded.get(result.id);
    if (proposal === undefined) continue;
    state.forwarded.delete(result.id);
    const { id } = proposal;
    if (result.outcome === 'appended') {
      state.outbox.outcomes.push({ id, appended: { index: result.index, term: result.term } });
    } else {
      state.outbox.outcomes.push({ id, rejected: result.reason, ...(state.leaderId !== null && { leaderId: state.leaderId }) });
    }
  }
}

export function handleReadIndexReply(state: State, message: ReadIndexReply): void {
  const batch = message.source === state.source ? state.forwardedReads.get(message.id) : undefined;
  if (batch === undefined) return;
  state.forwardedReads.delete(message.id);
  const { index } = message;
  if (index === null) rejectBatch(state, batch.ids, 'notLeader', state.leaderId);
  else for (const id of batch.ids) state.outbox.reads.push({ id, index });
}

/** The leader that was asked is gone. */
export function rejectForwardedReads(state: State, leaderId: NodeId | null): void {
  for (const { ids } of state.forwardedReads.values()) rejectBatch(state, ids, 'notLeader', leaderId);
  state.forwardedReads.clear();
}

/** Asks again for reads that got no answer, gives up on those that waited for an election time-out, forgets proposals that nobody told about. */
export function tickForwarded(state: State): void {
  const leader = configurationOf(state)?.voters.find((voter) => voter.id === state.leaderId);
  for (const [id, batch] of state.forwardedReads) {
    if (state.now >= batch.expiresAt) {
      state.forwardedReads.delete(id);
      rejectBatch(state, batch.ids, 'timeout', state.leaderId);
    } else if (state.now >= batch.resendAt && leader !== undefined) {
      batch.resendAt = state.now + state.config.heartbeatIntervalMs;
      const to = { id: leader.id, storageId: leader.storageId };
      send(state, to, { type: 'ReadIndex', term: state.currentTerm, source: state.source, id });
    }
  }
  for (const [id, { expiresAt }] of state.forwarded) {
    if (state.now < expiresAt) break;
    state.forwarded.delete(id);
  }
}

/** When tickForwarded has something to do next. */
export function forwardedWakeAt(state: State): number {
  let wakeAt: number = state.forwarded.values().next().value?.expiresAt ?? Number.POSITIVE_INFINITY;
  for (const { resendAt, expiresAt } of state.forwardedReads.values()) wakeAt = Math.min(wakeAt, resendAt, expiresAt);
  return wakeAt;
}

function rejectBatch(state: State, ids: readonly number[], reason: Rejection, leaderId: NodeId | null): void {
  for (const id of ids) state.outbox.reads.push({ id, rejected: reason, ...(leaderId !== null && { leaderId }) });
}
