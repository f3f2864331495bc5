import type { Message } from '@raft/wire';
import type { ProtocolStatus, Vitals } from '../status.ts';
import type { Identity } from '../transport.ts';
import { campaign, countOwnVote, handlePreVoteReply, handleRequestVoteReply, mayCampaign } from './candidate.ts';
import { forgetLeader, giveWay, handlePreVote, handleRequestVote } from './election.ts';
import { handleAppendEntries } from './follower.ts';
import { formingProgress, handleForm, handOutConfiguration, tryForm } from './forming.ts';
import { flushRequests, forwardedWakeAt, handlePropose, handleProposeReply, handleReadIndexReply, tickForwarded } from './forwarding.ts';
import { invariant } from './invariants.ts';
import { handleFollowerReply, probeAnew, tickLeader } from './leader.ts';
import { names } from './quorum.ts';
import { confirmReads, handleReadIndex, startReadRound } from './read-index.ts';
import type { Event, Ready, SoftState } from './ready.ts';
import { commitByCounting, handleFetched, replicate } from './replication.ts';
import { becomeFollower, followTerm, resetElectionTimer } from './roles.ts';
import { handleChunkNotStored, handleChunkStored, handleInstallSnapshot } from './snapshot-receiving.ts';
import { handleChunkRead } from './snapshot-sending.ts';
import {
  adoptSnapshot,
  configurationOf,
  createState,
  emptyOutbox,
  isBlank,
  type Outbox,
  type RaftOptions,
  type State,
  takeWrite,
} from './state.ts';

/**
 * One node's protocol: a deterministic, synchronous state machine. Everything comes in as an {@link Event}, everything
 * goes out in a {@link Ready}. Throws `invariantViolated` when something that must hold does not: use it no further then.
 */
export class Raft {
  readonly #state: State;
  #softState: SoftState | undefined;

  constructor(options: RaftOptions) {
    this.#state = createState(options);
    tryForm(this.#state);
    // The last life may have ended between its snapshot and the cut that follows from it.
    compact(this.#state);
  }

  /** Takes one event. `now` never goes back. */
  step(event: Event, now: number): void {
    const state = this.#state;
    invariant(now >= state.now, () => `time went back from ${state.now} to ${now}`);
    state.now = now;
    if (state.role === 'stopped') refuse(state, event);
    else handle(state, event);
  }

  /** What must be done now; call it after every step or batch of steps, and do all of it. */
  takeReady(): Ready {
    const state = this.#state;
    flushRequests(state);
    if (state.leader) {
      startReadRound(state, state.leader);
      replicate(state, state.leader);
      confirmReads(state, state.leader);
    }
    const committed = takeCommitted(state);
    const write = takeWrite(state);
    state.log.evict(state.tickets.durableIndex);
    const { outbox } = state;
    state.outbox = emptyOutbox();
    return readyOf(outbox, { write, committed, softState: this.#takeSoftState(), wakeAt: wakeAt(state) });
  }

  /** The cheap part of {@link status}: numbers, as of the last event. */
  vitals(): Vitals {
    const state = this.#state;
    return {
      role: state.role,
      term: state.currentTerm,
      votedFor: state.votedFor,
      leaderId: state.leaderId,
      commitIndex: state.commitIndex,
      durableIndex: state.tickets.durableIndex,
      firstIndex: state.log.firstIndex,
      lastIndex: state.log.lastIndex,
      snapshotIndex: state.snapshot?.lastIncludedIndex ?? 0,
      timersSlowed: state.punctuality.isSlowed,
    };
  }

  status(): ProtocolStatus {
    const state = this.#state;
    const followers = [...(state.leader?.progress ?? [])].map(
      ([id, { matchIndex, nextIndex, state: progressState, inflights }]) =>
        [id, { matchIndex, nextIndex, state: progressState, inflightMessages: inflights.count }] as const,
    );
    return {
      ...this.vitals(),
      id: state.self.id,
      storageId: state.self.storageId,
      clusterId: state.clusterId,
      blank: isBlank(state),
      reason: state.stopReason,
      configuration: configurationOf(state),
      followers: Object.fromEntries(followers),
      forming: formingProgress(state),
    };
  }

  #takeSoftState(): SoftState | undefined {
    const { role, currentTerm: term, leaderId } = this.#state;
    const last = this.#softState;
    if (last && last.role === role && last.term === term && last.leaderId === leaderId) return undefined;
    this.#softState = { role, term, leaderId };
    return this.#softState;
  }
}

function handle(state: State, event: Event): void {
  const { leader } = state;
  switch (event.type) {
    case 'Receive':
      receive(state, event.from, event.message);
      break;
    case 'Tick':
      if (event.lateMs !== undefined) state.punctuality.timerFired(event.lateMs);
      tick(state);
      break;
    case 'Propose':
      for (const proposal of event.proposals) state.proposals.push(proposal);
      break;
    case 'Read':
      state.reads.push(event.id);
      break;
    case 'Persisted':
      persisted(state, event.ticket);
      break;
    case 'PersistFailed':
      stop(state, event.reason);
      break;
    case 'Stalled':
      state.stalled = true;
      if (state.role !== 'follower') becomeFollower(state, null);
      break;
    case 'Applied':
      invariant(event.index <= state.applyingIndex, () => `applied ${event.index}, handed out ${state.applyingIndex}`);
      state.appliedIndex = Math.max(state.appliedIndex, event.index);
      state.applying = state.applying.filter((range) => range.to > event.index);
      break;
    case 'Fetched':
      if (leader) handleFetched(state, leader, event.to, event.entries);
      break;
    case 'SnapshotTaken':
      invariant(
        event.meta.lastIncludedIndex <= state.appliedIndex,
        () => `snapshot ${event.meta.lastIncludedIndex}, applied ${state.appliedIndex}`,
      );
      if (event.meta.lastIncludedIndex > (state.snapshot?.lastIncludedIndex ?? 0)) adoptSnapshot(state, event.meta);
      break;
    case 'ChunkRead':
      if (leader) handleChunkRead(state, leader, event);
      break;
    case 'ChunkStored':
      handleChunkStored(state, event);
      break;
    case 'ChunkNotStored':
      handleChunkNotStored(state, event);
      break;
    case 'Connected':
      state.connected.set(event.from.id, event.from);
      if (leader) probeAnew(state, leader, event.from.id);
      handOutConfiguration(state);
      tryForm(state);
      break;
    case 'Disconnected':
      if (state.connected.get(event.from.id)?.storageId !== event.from.storageId) break;
      state.connected.delete(event.from.id);
      if (leader) probeAnew(state, leader, event.from.id);
      else if (state.leaderId === event.from.id) forgetLeader(state);
      break;
  }
}

function receive(state: State, from: Identity, message: Message): void {
  // A connection made while one of us was blank may turn out to lead to another cluster; and who is blank can only answer.
  const isOurs = state.clusterId === null || from.clusterId === state.clusterId;
  if (!isOurs && (from.clusterId !== undefined || !message.type.endsWith('Reply'))) return;
  switch (message.type) {
    case 'PreVote':
      handlePreVote(state, from, message);
      break;
    case 'PreVoteReply':
      handlePreVoteReply(state, from, message);
      break;
    case 'RequestVote':
      handleRequestVote(state, from, message);
      break;
    case 'RequestVoteReply':
      handleRequestVoteReply(state, from, message);
      break;
    case 'AppendEntries':
      handleAppendEntries(state, from, message);
      break;
    case 'InstallSnapshot':
      handleInstallSnapshot(state, from, message);
      break;
    case 'AppendEntriesReply':
    case 'InstallSnapshotReply':
      if (!names(configurationOf(state), from)) break;
      if (message.term > state.currentTerm) followTerm(state, message.term);
      else if (state.leader && message.term === state.currentTerm) handleFollowerReply(state, state.leader, from, message);
      break;
    case 'ReadIndex':
      handleReadIndex(state, from, message);
      break;
    case 'ReadIndexReply':
      handleReadIndexReply(state, message);
      break;
    case 'Propose':
      handlePropose(state, from, message);
      break;
    case 'ProposeReply':
      handleProposeReply(state, message);
      break;
    case 'Form':
      handleForm(state, from, message);
      break;
  }
}

function tick(state: State): void {
  tickForwarded(state);
  if (state.leader) {
    tickLeader(state, state.leader);
  } else if (state.now >= state.electionAt) {
    if (mayCampaign(state) && state.punctuality.givesWay()) {
      giveWay(state);
    } else if (mayCampaign(state)) {
      campaign(state);
    } else {
      becomeFollower(state, null);
      resetElectionTimer(state);
    }
  }
}

function persisted(state: State, ticket: number): void {
  const { tickets } = state;
  tickets.persisted(ticket);
  if (state.stalled) {
    state.stalled = false;
    resetElectionTimer(state);
  }
  countOwnVote(state);
  if (state.leader) commitByCounting(state, state.leader);
  if (state.snapshotTicket !== undefined && ticket >= state.snapshotTicket) {
    state.snapshotTicket = undefined;
    compact(state);
  }
}

/** Lets go of entries that a durable snapshot replaces, but for some that followers a little behind may still need. */
function compact(state: State): void {
  const { snapshot, log, config, leader, now } = state;
  if (!snapshot || state.pending.snapshot) return;
  let index = snapshot.lastIncludedIndex - config.trailingEntries;
  for (const { transfer, lastHeardAt } of leader?.progress.values() ?? []) {
    // Whoever gets a snapshot needs the entries behind it next, or it would need another snapshot at once.
    if (transfer?.meta && now - lastHeardAt < config.electionTimeoutMs) index = Math.min(index, transfer.meta.lastIncludedIndex);
  }
  if (index <= log.boundary.index) return;
  log.compact(index);
  state.outbox.compactTo = index;
}

/** Something failed for good: nothing that was promised may be claimed any longer, so nothing more is said. */
function stop(state: State, reason: string): void {
  becomeFollower(state, null);
  state.role = 'stopped';
  state.stopReason = reason;
  const { outcomes, reads } = state.outbox;
  state.outbox = { ...emptyOutbox(), outcomes, reads };
  for (const { id } of state.proposals) outcomes.push({ id, rejected: 'stopped' });
  for (const id of state.reads) reads.push({ id, rejected: 'stopped' });
  state.proposals = [];
  state.reads = [];
}

/** What a stopped node does with an event: requests are rejected, all else is ignored. */
function refuse(state: State, event: Event): void {
  if (event.type === 'Propose') {
    for (const { id } of event.proposals) state.outbox.outcomes.push({ id, rejected: 'stopped' });
  } else if (event.type === 'Read') {
    state.outbox.reads.push({ id: event.id, rejected: 'stopped' });
  }
}

/** The next stretch of committed entries, unless enough are being applied: bodies that were handed out stay in memory. */
function takeCommitted(state: State): Ready['committed'] {
  const { config, applying } = state;
  const from = state.applyingIndex + 1;
  const to = Math.min(state.commitIndex, state.appliedIndex + config.maxApplyingEntries);
  const isFull = applying.reduce((sum, range) => sum + range.bytes, 0) >= config.maxCachedBytes;
  if (state.role === 'stopped' || isFull || to < from) return undefined;
  const entries = state.log.cachedTail(from, to);
  state.applyingIndex = to;
  state.applying.push({ to, bytes: entries.reduce((sum, entry) => sum + entry.bytes.length, 0) });
  return { from, to, entries };
}

/** Part by part: this is made at every turn, and spreads cost more than the rest of it. */
function readyOf(
  outbox: Outbox,
  turn: { readonly [Part in 'write' | 'committed' | 'softState']: Ready[Part] | undefined } & Pick<Ready, 'wakeAt'>,
): Ready {
  const { messages, messagesAfter, outcomes, reads, fetch, readChunk, transfersEnded } = outbox;
  const { write, committed, softState, wakeAt: wakes } = turn;
  const ready: { -readonly [Part in keyof Ready]: Ready[Part] } = {
    messages,
    messagesAfter,
    outcomes,
    reads,
    fetch,
    readChunk,
    transfersEnded,
    wakeAt: wakes,
  };
  if (write) ready.write = write;
  if (committed) ready.committed = committed;
  if (softState) ready.softState = softState;
  if (outbox.restore) ready.restore = outbox.restore;
  if (outbox.storeChunk) ready.storeChunk = outbox.storeChunk;
  if (outbox.compactTo !== undefined) ready.compactTo = outbox.compactTo;
  if (outbox.formed) ready.formed = outbox.formed;
  return ready;
}

function wakeAt(state: State): number {
  if (state.role === 'stopped') return Number.POSITIVE_INFINITY;
  const { leader } = state;
  const roleWakeAt = leader ? Math.min(leader.heartbeatAt, leader.noticeAt, leader.checkQuorumAt) : state.electionAt;
  return Math.min(roleWakeAt, forwardedWakeAt(state));
}
