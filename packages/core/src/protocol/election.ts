import type { PreVote, RequestVote } from '@raft/wire';
import type { Identity } from '../transport.ts';
import { becomeFollower, followTerm, resetElectionTimer } from './roles.ts';
import { isBlank, type State, send, sendWhenDurable } from './state.ts';

/** Wait before pre-votes are asked once the leader's connection is gone, as parts of the election time-out. */
const shortWait = { from: 0.02, to: 0.12 };

/**
 * Stickiness (thesis §4.2.3): who heard a leader within the last election time-out helps nobody else to depose it. That
 * leader itself is helped: it lost its office in a restart.
 */
function isLoyal(state: State, from: Identity): boolean {
  if (state.role === 'leader') return true;
  return state.leaderId !== null && state.leaderId !== from.id && state.now - state.lastHeardLeaderAt < state.config.electionTimeoutMs;
}

/** Would we vote for the asker in the term after `message.term`? Moves no term (thesis §9.6). */
export function handlePreVote(state: State, from: Identity, message: PreVote): void {
  const granted =
    !isBlank(state) &&
    message.term >= state.currentTerm &&
    !isLoyal(state, from) &&
    state.log.isUpToDate({ index: message.lastLogIndex, term: message.lastLogTerm });
  if (granted) letAskerGoFirst(state);
  send(state, from, { type: 'PreVoteReply', term: state.currentTerm, round: message.round, granted });
}

/** If we would ask too, since we lost the leader's connection as well, or since our timer is late and this message came first: our votes would split. */
function letAskerGoFirst(state: State): void {
  if (state.now >= state.electionAt) {
    state.electionAt = state.now + drawShortWait(state);
  } else if (state.electionAt < state.patienceEndsAt) {
    state.electionAt = Math.min(state.patienceEndsAt, Math.max(state.electionAt, state.now + drawShortWait(state)));
  }
}

/** Paper, Figure 2, RequestVote RPC, receiver. */
export function handleRequestVote(state: State, from: Identity, message: RequestVote): void {
  if (message.term < state.currentTerm) {
    send(state, from, { type: 'RequestVoteReply', term: state.currentTerm, granted: false });
    return;
  }
  if (isLoyal(state, from)) return;
  if (message.term > state.currentTerm) followTerm(state, message.term);
  const granted =
    !isBlank(state) &&
    (state.votedFor === null || state.votedFor === from.id) &&
    state.log.isUpToDate({ index: message.lastLogIndex, term: message.lastLogTerm });
  if (granted) {
    if (state.votedFor === null) {
      state.votedFor = from.id;
      state.pending.hardState = true;
    }
    resetElectionTimer(state);
    // A candidate that once led is not our leader while it asks.
    becomeFollower(state, null);
  }
  sendWhenDurable(state, from, { type: 'RequestVoteReply', term: state.currentTerm, granted });
}

/** The leader's last connection broke: forget it, and ask after a short random wait whether the others lost it too. */
export function forgetLeader(state: State): void {
  becomeFollower(state, null);
  waitShortly(state);
}

/** Sets the timer to a short wait, but no later than the ordinary time-out. */
export function waitShortly(state: State): void {
  state.electionAt = Math.min(state.patienceEndsAt, state.now + drawShortWait(state));
}

/**
 * Leaves the first turn to others, although the time-out is over. If the leader's connection is gone nothing that it sent is still on its way: then a
 * short wait is enough for them.
 */
export function giveWay(state: State): void {
  if (state.electionAt < state.patienceEndsAt) state.electionAt = state.now + drawShortWait(state);
  else resetElectionTimer(state);
}

function drawShortWait(state: State): number {
  return state.config.electionTimeoutMs * state.random.between(shortWait.from, shortWait.to);
}
