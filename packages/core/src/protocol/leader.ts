import { encodeEntry, type Message } from '@raft/wire';
import type { Identity } from '../transport.ts';
import { invariant } from './invariants.ts';
import { Progress } from './progress.ts';
import { quorumValue } from './quorum.ts';
import { confirmReads } from './read-index.ts';
import { handleAppendEntriesReply, lagsBehindCommit } from './replication.ts';
import { becomeFollower } from './roles.ts';
import { abandonTransfer, handleInstallSnapshotReply, tickTransfer } from './snapshot-sending.ts';
import { configurationOf, type LeaderState, type State } from './state.ts';

/** Won: take office with an entry of the new term, which commits what earlier terms left (paper §8). */
export function becomeLeader(state: State): void {
  const { self, log, config, now, tickets, currentTerm } = state;
  invariant(state.role === 'candidate', () => `${state.role} became leader`);
  invariant(tickets.durableTerm === currentTerm, () => `leader of term ${currentTerm}, durable is ${tickets.durableTerm}`);
  const progress = new Map<string, Progress>();
  for (const { id, storageId } of configurationOf(state)?.voters ?? []) {
    if (id !== self.id) progress.set(id, new Progress({ id, storageId }, { nextIndex: log.lastIndex + 1, now, config }));
  }
  const noop = encodeEntry({ index: log.lastIndex + 1, term: currentTerm, kind: 'noop', data: new Uint8Array(0) });
  state.role = 'leader';
  state.leaderId = self.id;
  state.votes.clear();
  state.punctuality.leaderKnown();
  state.ledTerm = currentTerm;
  state.taken.clear();
  state.leader = {
    progress,
    termStartIndex: noop.index,
    heartbeatAt: now + config.heartbeatIntervalMs,
    noticeAt: Number.POSITIVE_INFINITY,
    checkQuorumAt: now + config.electionTimeoutMs,
    readRound: 0,
    confirming: undefined,
    waitingReads: [],
    lastTransfer: 0,
    uncommitted: [],
    uncommittedBytes: 0,
  };
  log.append(noop);
}

/** An answer to something that we sent as leader of this term, from a member of the configuration. */
export function handleFollowerReply(
  state: State,
  leader: LeaderState,
  from: Identity,
  message: Message & { type: 'AppendEntriesReply' | 'InstallSnapshotReply' },
): void {
  const progress = leader.progress.get(from.id);
  if (progress?.peer.storageId !== from.storageId) return;
  progress.lastHeardAt = state.now;
  progress.ackedRound = Math.max(progress.ackedRound, message.round);
  if (message.type === 'AppendEntriesReply') handleAppendEntriesReply(state, leader, progress, message);
  else handleInstallSnapshotReply(state, leader, progress, message);
  confirmReads(state, leader);
}

/** Heartbeats, and stepping down when no majority was heard for an election time-out (check-quorum, thesis §6.2). */
export function tickLeader(state: State, leader: LeaderState): void {
  const { config, now } = state;
  if (now >= leader.checkQuorumAt) {
    const heardAt = heardMajorityAt(state, leader);
    if (now - heardAt >= config.electionTimeoutMs) {
      becomeFollower(state, null);
      return;
    }
    leader.checkQuorumAt = heardAt + config.electionTimeoutMs;
  }
  if (now >= leader.noticeAt) {
    leader.noticeAt = Number.POSITIVE_INFINITY;
    for (const progress of leader.progress.values()) progress.owesHeartbeat ||= lagsBehindCommit(state, progress);
  }
  if (now < leader.heartbeatAt) return;
  leader.heartbeatAt = now + config.heartbeatIntervalMs;
  for (const progress of leader.progress.values()) {
    progress.owesHeartbeat = true;
    // A probe may have been lost: with this beat it goes again.
    progress.paused = false;
    tickTransfer(state, leader, progress);
  }
}

/** Since when every moment was covered by answers of a majority. */
function heardMajorityAt(state: State, leader: LeaderState): number {
  const configuration = configurationOf(state);
  if (configuration === null) return state.now;
  return quorumValue(configuration, (voter) =>
    voter.id === state.self.id ? state.now : (leader.progress.get(voter.id)?.lastHeardAt ?? 0),
  );
}

/** A follower's connection came or went: whatever was under way may be lost. */
export function probeAnew(state: State, leader: LeaderState, id: string): void {
  const progress = leader.progress.get(id);
  if (!progress) return;
  abandonTransfer(state, progress);
  progress.becomeProbe(progress.matchIndex > 0 ? progress.matchIndex + 1 : progress.nextIndex);
  progress.owesHeartbeat = true;
}
