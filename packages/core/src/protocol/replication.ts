import type { AppendEntriesReply, Entry, Peer } from '@raft/wire';
import { invariant } from './invariants.ts';
import type { Progress } from './progress.ts';
import { quorumValue } from './quorum.ts';
import { endTransfer, startTransfer } from './snapshot-sending.ts';
import { commitTo, configurationOf, type LeaderState, type State, send } from './state.ts';

/** Sends every follower what it lacks, as far as its window allows; called once for all that happened since the last Ready. */
export function replicate(state: State, leader: LeaderState): void {
  for (const progress of leader.progress.values()) {
    sendEntries(state, leader, progress);
    // Appends with entries are answered when the follower's disk is done. Heartbeats and read rounds don't wait for that.
    const urgent = progress.owesHeartbeat || progress.sentRound < leader.readRound;
    if (urgent || (lagsBehindCommit(state, progress) && progress.sentCommit < progress.awaitedIndex))
      sendAppend(state, leader, progress, []);
    progress.owesHeartbeat = false;
  }
}

/** An empty append would commit something there. */
export function lagsBehindCommit(state: State, progress: Progress): boolean {
  return progress.state === 'replicate' && progress.sentCommit < Math.min(state.commitIndex, progress.nextIndex - 1);
}

function sendEntries(state: State, leader: LeaderState, progress: Progress): void {
  const { log, config } = state;
  while (progress.nextIndex <= log.lastIndex && progress.state !== 'snapshot') {
    if (progress.paused || progress.fetching) return;
    if (log.termAt(progress.nextIndex - 1) === undefined) {
      // However full the window: an answer that was lost can't be had again by an append whose previous entry is gone.
      startTransfer(state, leader, progress);
    } else if (progress.inflights.full) {
      return;
    } else if (log.isCached(progress.nextIndex)) {
      const range = { from: progress.nextIndex, through: log.lastIndex, maxBytes: config.maxAppendBytes };
      sendAppend(state, leader, progress, log.slice(range));
    } else {
      progress.fetching = true;
      const range = { from: progress.nextIndex, through: log.lastIndex, maxBytes: config.maxAppendBytes };
      state.outbox.fetch.push({ to: progress.peer, ...range });
    }
  }
}

/** Entries that were asked from storage. Each is used only if the log still has its term there (it may have come late). */
export function handleFetched(state: State, leader: LeaderState, peer: Peer, entries: readonly Entry[]): void {
  const progress = leader.progress.get(peer.id);
  if (!progress?.fetching) return;
  progress.fetching = false;
  if (progress.state === 'snapshot' || progress.paused) return;
  const usable: Entry[] = [];
  for (const entry of entries) {
    if (entry.index !== progress.nextIndex + usable.length || state.log.termAt(entry.index) !== entry.term) break;
    usable.push(entry);
  }
  if (usable.length > 0 && state.log.termAt(progress.nextIndex - 1) !== undefined) sendAppend(state, leader, progress, usable);
  // Nothing usable, not compacted either: ask again with the next heartbeat, not in a circle.
  else if (state.log.termAt(progress.nextIndex) !== undefined) progress.paused = true;
}

function sendAppend(state: State, leader: LeaderState, progress: Progress, entries: readonly Entry[]): void {
  const { log } = state;
  // Towards a follower that gets a snapshot a heartbeat claims nothing about its log: entry 0 is everybody's.
  let prevLogIndex = progress.nextIndex - 1;
  let prevLogTerm = progress.state === 'snapshot' ? undefined : log.termAt(prevLogIndex);
  if (prevLogTerm === undefined) {
    prevLogIndex = 0;
    prevLogTerm = 0;
  }
  send(state, progress.peer, {
    type: 'AppendEntries',
    term: state.currentTerm,
    round: leader.readRound,
    prevLogIndex,
    prevLogTerm,
    leaderCommit: state.commitIndex,
    entries,
  });
  progress.sentRound = leader.readRound;
  const lastIndex = prevLogIndex + entries.length;
  if (progress.state === 'replicate') progress.sentCommit = Math.max(progress.sentCommit, Math.min(state.commitIndex, lastIndex));
  if (entries.length === 0) return;
  if (progress.state === 'probe') {
    progress.paused = true;
  } else {
    let bytes = 0;
    for (const entry of entries) bytes += entry.bytes.length;
    progress.inflights.add({ lastIndex, bytes });
    progress.nextIndex = lastIndex + 1;
  }
}

/** Paper, Figure 2, rules for leaders: move nextIndex and matchIndex, commit what a majority holds. */
export function handleAppendEntriesReply(state: State, leader: LeaderState, progress: Progress, message: AppendEntriesReply): void {
  if (message.success) {
    const { matchIndex } = message;
    invariant(matchIndex <= state.log.lastIndex, () => `${progress.peer.id} matched ${matchIndex}, behind our end ${state.log.lastIndex}`);
    const news = progress.acknowledge(matchIndex);
    if (progress.state === 'snapshot' && matchIndex >= state.log.boundary.index) endTransfer(state, progress);
    if (progress.state === 'probe' && matchIndex >= progress.nextIndex - 1) progress.becomeReplicate();
    else if (progress.state === 'probe') progress.paused = false;
    if (news) commitByCounting(state, leader);
  } else if (progress.state !== 'snapshot') {
    backTrack(state, leader, progress, message);
  }
}

/** The follower's log doesn't hold, or contradicts, the entry before those sent: look for the last one that agrees, a term at a time (paper §5.3). */
function backTrack(state: State, leader: LeaderState, progress: Progress, message: AppendEntriesReply & { success: false }): void {
  const { prevLogIndex, conflictIndex, conflictTerm } = message;
  // An answer to an older message: what it says of the log was overtaken.
  if (prevLogIndex <= progress.matchIndex || prevLogIndex >= progress.nextIndex) return;
  if (progress.state === 'probe' && prevLogIndex !== progress.nextIndex - 1) return;
  const candidate = state.log.lastAtMost(conflictIndex, conflictTerm);
  if (candidate.index > conflictIndex || candidate.term > conflictTerm) {
    startTransfer(state, leader, progress);
  } else {
    progress.becomeProbe(candidate.index + 1);
  }
}

/**
 * Commits up to the highest entry of this term that a majority holds durably, the leader by its own disk. Entries of
 * earlier terms are committed only by being below one of this term (paper §5.4.2 and Figure 8).
 */
export function commitByCounting(state: State, leader: LeaderState): void {
  const configuration = configurationOf(state);
  if (configuration === null) return;
  const index = quorumValue(configuration, (voter) =>
    voter.id === state.self.id ? state.tickets.durableIndex : (leader.progress.get(voter.id)?.matchIndex ?? 0),
  );
  if (index > state.commitIndex && state.log.termAt(index) === state.currentTerm) {
    commitTo(state, index);
    leader.noticeAt = Math.min(leader.noticeAt, state.now + state.config.heartbeatIntervalMs / 10);
  }
  settleUncommitted(state, leader);
}

/** Makes room for new proposals. Others may commit what waits for our own disk: that is still held in memory, so it still counts. */
function settleUncommitted(state: State, leader: LeaderState): void {
  const settledIndex = Math.min(state.commitIndex, state.tickets.durableIndex);
  let settled = 0;
  for (const entry of leader.uncommitted) {
    if (entry.index > settledIndex) break;
    leader.uncommittedBytes -= entry.bytes;
    settled++;
  }
  if (settled > 0) leader.uncommitted.splice(0, settled);
}
