import type { Bytes, ClusterId, Configuration, Message, NodeId, Peer, SnapshotMeta } from '@raft/wire';
import type { Config } from '../config.ts';
import type { StorageState } from '../storage.ts';
import type { Identity, PeerAddress } from '../transport.ts';
import { invariant } from './invariants.ts';
import { Log } from './log.ts';
import type { Progress } from './progress.ts';
import { Punctuality } from './punctuality.ts';
import { names } from './quorum.ts';
import { Random } from './random.ts';
import type { Outcome, Outgoing, ReadOutcome, Ready, Role } from './ready.ts';
import { Tickets } from './tickets.ts';

/** A read that waits for its index: one of our own, or one that a follower sent. */
export type PendingRead = { readonly id: number } | { readonly from: Peer; readonly source: number; readonly id: number };

/** What only a leader has; made anew for each leadership. */
export interface LeaderState {
  readonly progress: ReadonlyMap<NodeId, Progress>;
  /** The no-op that opened the term: nothing is committed by counting below it (paper §5.4.2), no read is served before it commits (§8). */
  readonly termStartIndex: number;
  heartbeatAt: number;
  /**
   * When to tell of a commit those whom no append has told by then. Sooner only where a client waits for it: an append of
   * its own for each commit would double the messages.
   */
  noticeAt: number;
  /** When to look whether a majority was heard (check-quorum). */
  checkQuorumAt: number;
  /** The read round that the newest appends carry (thesis §6.4). */
  readRound: number;
  /** Reads of the round under way, the index they get, and reads that came later. */
  confirming: { readonly round: number; readonly index: number; readonly reads: readonly PendingRead[] } | undefined;
  waitingReads: PendingRead[];
  lastTransfer: number;
  /** Sizes of own-term entries that aren't committed, or not durable here, in order of index. */
  uncommitted: { readonly index: number; readonly bytes: number }[];
  uncommittedBytes: number;
}

/** A snapshot being received. */
export interface IncomingSnapshot {
  readonly from: Peer;
  readonly transfer: number;
  readonly clusterId: ClusterId | undefined;
  /** The leader's, in which the transfer's number is unique. */
  readonly term: number;
  readonly meta: SnapshotMeta;
  nextOffset: number;
  /** A chunk is on its way to storage. */
  storing: boolean;
  /** The read round to echo with the answer. */
  round: number;
  /** The transfer was given up while a chunk was being stored. */
  abandoned: boolean;
}

/** Effects that wait for `takeReady`. */
export interface Outbox {
  messages: Outgoing[];
  messagesAfter: (Outgoing & { readonly ticket: number })[];
  outcomes: Outcome[];
  reads: ReadOutcome[];
  fetch: Ready['fetch'][number][];
  readChunk: Ready['readChunk'][number][];
  storeChunk: Ready['storeChunk'];
  transfersEnded: Ready['transfersEnded'][number][];
  restore: Ready['restore'];
  compactTo: number | undefined;
  formed: Ready['formed'];
}

/** The parts of the next write besides the entries, which are the unhanded ones of the log. */
interface PendingWrite {
  hardState: boolean;
  clusterId: boolean;
  truncateFrom: number | undefined;
  snapshot: SnapshotMeta | undefined;
}

/** Everything that the protocol remembers. Only the functions of this folder change it, and only within `step` and `takeReady`. */
export interface State {
  readonly self: Peer;
  readonly config: Config;
  readonly random: Random;
  /** The clock of the event being handled. */
  now: number;
  stopReason: string | null;
  stalled: boolean;

  // Paper, Figure 2: persistent state. In memory it runs ahead of the disk: `tickets` says by how much.
  currentTerm: number;
  votedFor: NodeId | null;
  readonly log: Log;
  clusterId: ClusterId | null;
  snapshot: SnapshotMeta | undefined;
  readonly tickets: Tickets;
  readonly pending: PendingWrite;
  /** The snapshot that a write under way makes current; the log may be cut once it is durable. */
  snapshotTicket: number | undefined;

  // Paper, Figure 2: volatile state.
  role: Role;
  leaderId: NodeId | null;
  commitIndex: number;
  /** The last entry handed out to be applied. */
  applyingIndex: number;
  appliedIndex: number;
  /** The ranges handed out and not applied, with the bytes of the bodies that went along. */
  applying: { readonly to: number; readonly bytes: number }[];

  // Elections.
  /** When this node stops waiting for a leader, or for votes. */
  electionAt: number;
  /** The ordinary time-out, while the leader's connection is gone and `electionAt` is a short wait. */
  patienceEndsAt: number;
  lastHeardLeaderAt: number;
  readonly punctuality: Punctuality;
  /** Numbers pre-vote rounds, unique over restarts. */
  preVoteRound: number;
  readonly votes: Set<NodeId>;
  leader: LeaderState | undefined;

  // Requests on their way through other nodes.
  /** Marks this life's requests; a reply to an earlier life answers nothing. */
  readonly source: number;
  lastRequestId: number;
  /** Proposals and reads that came in since the last Ready. */
  proposals: { readonly id: number; readonly data: Bytes }[];
  reads: number[];
  /** Forwarded proposals whose fate the leader hasn't told: request id → the caller's id and when to forget it. In order of request id. */
  readonly forwarded: Map<number, { readonly id: number; readonly bytes: number; readonly expiresAt: number }>;
  /** Sum over `forwarded`. */
  forwardedBytes: number;
  /** Forwarded reads: request id → the callers' ids. */
  readonly forwardedReads: Map<number, { readonly ids: readonly number[]; resendAt: number; readonly expiresAt: number }>;
  /** Forwarded proposals that this node took or refused as leader of `ledTerm`: sender → floor and ids above it. */
  readonly taken: Map<string, { floor: number; readonly ids: Set<number> }>;
  ledTerm: number;
  /** The term found on disk: what this node did in it and before is not known. */
  readonly loadedTerm: number;

  incoming: IncomingSnapshot | undefined;
  /** Who is connected, as its handshake said. */
  readonly connected: Map<NodeId, Identity>;
  readonly bootstrap: { readonly clusterName: string; readonly members: readonly PeerAddress[] } | undefined;
  outbox: Outbox;
}

/** What a protocol instance starts from. */
export interface RaftOptions {
  readonly id: NodeId;
  /** What the storage returned when it was opened. */
  readonly state: StorageState;
  readonly config: Config;
  /**
   * Seeds its generator: same seed, same events, same effects. Also marks this life's requests, so draw it anew at each
   * start. A whole number from 0 to 2^32 − 1.
   */
  readonly seed: number;
  /** Milliseconds, on the same clock as the `now` of each step. */
  readonly now: number;
  /** Given: form a cluster of exactly these members, this node among them, if this node is blank. */
  readonly bootstrap?: { readonly clusterName: string; readonly members: readonly PeerAddress[] };
}

export function createState(options: RaftOptions): State {
  const { state, config } = options;
  const snapshot = state.snapshot;
  const snapshotIndex = snapshot?.lastIncludedIndex ?? 0;
  const log = new Log(state.log, {
    snapshot: snapshot && { index: snapshot.lastIncludedIndex, term: snapshot.lastIncludedTerm },
    maxCachedBytes: config.maxCachedBytes,
  });
  invariant(state.commitIndex <= log.lastIndex, () => `commit index ${state.commitIndex} behind the log's end ${log.lastIndex}`);
  const random = new Random(options.seed);
  return {
    self: { id: options.id, storageId: state.storageId },
    config,
    random,
    now: options.now,
    stopReason: null,
    stalled: false,
    currentTerm: state.hardState.currentTerm,
    votedFor: state.hardState.votedFor,
    log,
    clusterId: state.clusterId ?? null,
    snapshot,
    tickets: new Tickets({ index: log.lastIndex, term: state.hardState.currentTerm }),
    pending: { hardState: false, clusterId: false, truncateFrom: undefined, snapshot: undefined },
    snapshotTicket: undefined,
    role: 'follower',
    leaderId: null,
    commitIndex: Math.max(state.commitIndex, snapshotIndex),
    applyingIndex: snapshotIndex,
    appliedIndex: snapshotIndex,
    applying: [],
    electionAt: options.now + random.between(config.electionTimeoutMs, 2 * config.electionTimeoutMs),
    patienceEndsAt: options.now,
    lastHeardLeaderAt: Number.NEGATIVE_INFINITY,
    punctuality: new Punctuality(config.electionTimeoutMs),
    preVoteRound: (options.seed >>> 0) * 2 ** 20,
    votes: new Set(),
    leader: undefined,
    source: options.seed >>> 0,
    lastRequestId: 0,
    proposals: [],
    reads: [],
    forwarded: new Map(),
    forwardedBytes: 0,
    forwardedReads: new Map(),
    taken: new Map(),
    ledTerm: 0,
    loadedTerm: state.hardState.currentTerm,
    incoming: undefined,
    connected: new Map(),
    bootstrap: options.bootstrap,
    outbox: emptyOutbox(),
  };
}

export function emptyOutbox(): Outbox {
  return {
    messages: [],
    messagesAfter: [],
    outcomes: [],
    reads: [],
    fetch: [],
    readChunk: [],
    storeChunk: undefined,
    transfersEnded: [],
    restore: undefined,
    compactTo: undefined,
    formed: undefined,
  };
}

/** The configuration in force: the last one in the log, committed or not (thesis §4.1), else the snapshot's. */
export function configurationOf(state: State): Configuration | null {
  return state.log.configuration?.configuration ?? state.snapshot?.configuration ?? null;
}

/** A blank node, whom no configuration names with this storage, neither votes nor campaigns. */
export function isBlank(state: State): boolean {
  return !names(configurationOf(state), state.self);
}

/** Whether the next Ready will carry a write. */
function hasPendingWrite(state: State): boolean {
  const { pending, log } = state;
  return (
    pending.hardState ||
    pending.clusterId ||
    pending.truncateFrom !== undefined ||
    pending.snapshot !== undefined ||
    log.handedIndex < log.lastIndex
  );
}

/**
 * Sends a message that claims nothing but its term. It leaves at once if that term is durable here, else with the write that holds it: a node
 * that named a term and then fell back from it would obey a deposed leader.
 */
export function send(state: State, to: Peer, message: Message): void {
  const { tickets, outbox } = state;
  if (message.term <= tickets.durableTerm) {
    outbox.messages.push({ to, message });
  } else {
    outbox.messagesAfter.push({ to, message, ticket: tickets.holding(message.term) ?? tickets.next });
  }
}

/** Sends a message that stands for the vote and the log as they are now: it leaves once all of that is durable. */
export function sendWhenDurable(state: State, to: Peer, message: Message): void {
  const ticket = hasPendingWrite(state) ? state.tickets.next : state.tickets.newest;
  if (ticket === undefined) state.outbox.messages.push({ to, message });
  else state.outbox.messagesAfter.push({ to, message, ticket });
}

/** Takes the unwritten state for a write; undefined when all of it is with the storage already. */
export function takeWrite(state: State): Ready['write'] {
  if (!hasPendingWrite(state)) return undefined;
  const { pending, log } = state;
  const write: NonNullable<Ready['write']> = {
    ticket: state.tickets.issue({ lastIndex: log.lastIndex, term: state.currentTerm }),
    ...(pending.hardState && { hardState: { currentTerm: state.currentTerm, votedFor: state.votedFor } }),
    ...(pending.clusterId && state.clusterId !== null && { clusterId: state.clusterId }),
    ...(pending.snapshot && { snapshot: pending.snapshot }),
    ...(pending.truncateFrom !== undefined && { truncateFrom: pending.truncateFrom }),
    commitIndex: state.commitIndex,
    entries: log.takeUnhanded(),
  };
  if (pending.snapshot) state.snapshotTicket = write.ticket;
  pending.hardState = false;
  pending.clusterId = false;
  pending.snapshot = undefined;
  pending.truncateFrom = undefined;
  return write;
}

/** Removes the log from `from` on, in memory now and on disk with the next write. */
export function truncateLog(state: State, from: number): void {
  invariant(from > state.commitIndex, () => `truncation at ${from}, committed up to ${state.commitIndex}`);
  if (from <= state.log.handedIndex) {
    state.pending.truncateFrom = Math.min(from, state.pending.truncateFrom ?? from);
  }
  state.log.truncate(from);
  forgetBehind(state, from - 1);
}

/** Makes a snapshot the current one. A log that holds its last entry stays, any other is dropped (paper, Figure 13, rules 6 and 7). */
export function adoptSnapshot(state: State, meta: SnapshotMeta): void {
  const { log, pending } = state;
  const { lastIncludedIndex: index, lastIncludedTerm: term } = meta;
  // Storage decides by what it holds before this write, so entries that it hasn't been given don't count. They were never acknowledged.
  const onDisk = index <= log.handedIndex && (pending.truncateFrom === undefined || index < pending.truncateFrom);
  if (!onDisk || log.termAt(index) !== term) {
    forgetBehind(state, Math.min(index, state.commitIndex));
    log.reset({ index, term });
    pending.truncateFrom = undefined;
  }
  state.snapshot = meta;
  pending.snapshot = meta;
}

/** Nothing may claim entries behind `index` any longer: not a write under way, not an acknowledgement that waits for the next write. */
function forgetBehind(state: State, index: number): void {
  state.tickets.lower(index);
  state.outbox.messagesAfter = state.outbox.messagesAfter.filter(
    ({ message }) => !(message.type === 'AppendEntriesReply' && message.success && message.matchIndex > index),
  );
}

/** A transfer to this peer ends. Nothing is read for it any more: who closes it first and reads then would open it anew, for nobody. */
export function closeSending(state: State, peer: Peer, transfer: number): void {
  const { outbox } = state;
  outbox.readChunk = outbox.readChunk.filter((request) => request.transfer !== transfer || request.to.id !== peer.id);
  outbox.transfersEnded.push({ peer, transfer, direction: 'sending' });
}

/**
 * A blank node takes over a cluster's id, together with the first of its log that it stores and never before: with an id but
 * without a configuration it would look formed to the others, and could not be told who the members are.
 */
export function joinCluster(state: State, clusterId: ClusterId | undefined): void {
  if (state.clusterId !== null || clusterId === undefined) return;
  state.clusterId = clusterId;
  state.pending.clusterId = true;
  state.outbox.formed = { clusterId, ticket: state.tickets.next };
}

/** Moves to a higher term, in which this node hasn't voted (paper §5.1). */
export function adoptTerm(state: State, term: number): void {
  invariant(term > state.currentTerm, () => `term ${term} adopted in term ${state.currentTerm}`);
  state.currentTerm = term;
  state.votedFor = null;
  state.pending.hardState = true;
}

/** Commits up to `index`; never goes back. */
export function commitTo(state: State, index: number): void {
  if (index <= state.commitIndex) return;
  invariant(index <= state.log.lastIndex, () => `commit index ${index} behind the log's end ${state.log.lastIndex}`);
  state.commitIndex = index;
}
