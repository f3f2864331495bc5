import {
  type Bytes,
  encodeEntry,
  type NodeId,
  type Peer,
  type Propose,
  type ProposeReply,
  type ReadIndexReply,
  type Rejection,
} from '@raft/wire';
import type { Identity } from '../transport.ts';
import { names } from './quorum.ts';
import { expectApplied, queueRead } from './read-index.ts';
import { configurationOf, type LeaderState, type State, send } from './state.ts';

// A follower hands proposals and reads to its leader. A proposal names the leader's term and is taken only by the leader
// of that very term, each id once: so a copy that the network made, or kept for long, never becomes a second entry. What
// the leader can't rule out it doesn't answer: then the proposal's outcome is unknown. Nothing is sent twice but reads.

/** Puts a proposal into the log, or says why not. */
function appendProposal(
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

/** Deals with the requests that came in since the last Ready: the leader takes them, a follower forwards them, without a leader they are rejected. */
export function flushRequests(state: State): void {
  const { proposals, reads, leader, outbox } = state;
  if (proposals.length === 0 && reads.length === 0) return;
  state.proposals = [];
  state.reads = [];
  if (leader) {
    for (const { id, data } of proposals) {
      const taken = appendProposal(state, leader, data);
      outbox.outcomes.push('rejected' in taken ? { id, ...taken } : { id, appended: taken });
    }
    for (const id of reads) queueRead(state, leader, { id });
    return;
  }
  const to = leaderPeer(state);
  if (to) {
    forwardProposals(state, to, proposals);
    if (reads.length > 0) forwardReads(state, to, reads);
  } else {
    for (const { id } of proposals) outbox.outcomes.push({ id, rejected: 'noLeader' });
    for (const id of reads) outbox.reads.push({ id, rejected: 'noLeader' });
  }
}

function leaderPeer(state: State): Peer | undefined {
  const leader = configurationOf(state)?.voters.find((voter) => voter.id === state.leaderId);
  return leader && { id: leader.id, storageId: leader.storageId };
}

/** In messages of bounded size. */
function forwardProposals(state: State, to: Peer, requests: State['proposals']): void {
  let batch: { id: number; data: Bytes }[] = [];
  let bytes = 0;
  const flush = () => {
    if (batch.length === 0) return;
    const floor = state.forwarded.keys().next().value ?? 0;
    send(state, to, { type: 'Propose', term: state.currentTerm, source: state.source, floor, proposals: batch });
    batch = [];
    bytes = 0;
  };
  for (const request of requests) {
    const { length } = request.data;
    if (state.forwardedBytes > 0 && state.forwardedBytes + length > state.config.maxInflightBytes) {
      // The transport would drop it, and nobody could tell the caller that it never left.
      state.outbox.outcomes.push({ id: request.id, rejected: 'overloaded', leaderId: to.id });
      continue;
    }
    if (bytes + length > state.config.maxAppendBytes) flush();
    const id = ++state.lastRequestId;
    state.forwarded.set(id, { id: request.id, bytes: length, expiresAt: state.now + state.config.outcomeTimeoutMs });
    state.forwardedBytes += length;
    batch.push({ id, data: request.data });
    bytes += length;
  }
  flush();
}

/** All of them as one: they get the same index. */
function forwardReads(state: State, to: Peer, ids: readonly number[]): void {
  const { heartbeatIntervalMs, electionTimeoutMs } = state.config;
  const id = ++state.lastRequestId;
  state.forwardedReads.set(id, { ids, resendAt: state.now + heartbeatIntervalMs, expiresAt: state.now + electionTimeoutMs });
  send(state, to, { type: 'ReadIndex', term: state.currentTerm, source: state.source, id });
}

/** As leader: takes a follower's proposals. */
export function handlePropose(state: State, from: Identity, message: Propose): void {
  if (!names(configurationOf(state), from)) return;
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
    if (leads && 'index' in taken) expectApplied(leader, from, taken.index);
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
    // They came in order, but for what the network mixed up: that is below the floor, so it is refused all the same.
    for (const id of known.ids) {
      if (id >= message.floor) break;
      known.ids.delete(id);
    }
  }
  return known;
}

export function handleProposeReply(state: State, message: ProposeReply): void {
  if (message.source !== state.source) return;
  for (const result of message.results) {
    const proposal = state.forwarded.get(result.id);
    if (proposal === undefined) continue;
    state.forwarded.delete(result.id);
    state.forwardedBytes -= proposal.bytes;
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
  const to = leaderPeer(state);
  for (const [id, batch] of state.forwardedReads) {
    if (state.now >= batch.expiresAt) {
      state.forwardedReads.delete(id);
      rejectBatch(state, batch.ids, 'timeout', state.leaderId);
    } else if (state.now >= batch.resendAt && to !== undefined) {
      batch.resendAt = state.now + state.config.heartbeatIntervalMs;
      send(state, to, { type: 'ReadIndex', term: state.currentTerm, source: state.source, id });
    }
  }
  for (const [id, { bytes, expiresAt }] of state.forwarded) {
    if (state.now < expiresAt) break;
    state.forwarded.delete(id);
    state.forwardedBytes -= bytes;
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
