import type { PreVoteReply, RequestVoteReply } from '@raft/wire';
import type { Identity } from '../transport.ts';
import { waitShortly } from './election.ts';
import { handOutConfiguration } from './forming.ts';
import { invariant } from './invariants.ts';
import { becomeLeader } from './leader.ts';
import { isQuorum, names } from './quorum.ts';
import { becomeFollower, followTerm, resetElectionTimer } from './roles.ts';
import { adoptTerm, configurationOf, isBlank, type State, send, sendWhenDurable } from './state.ts';

/** Whether this node may ask for votes: a voter whose disk answers. */
export function mayCampaign(state: State): boolean {
  return state.role !== 'leader' && state.role !== 'stopped' && !state.stalled && !isBlank(state);
}

/** The election timer ran out: ask whether an election could be won, before any term moves (thesis §9.6). */
export function campaign(state: State): void {
  const inHaste = state.now < state.patienceEndsAt;
  const { patienceEndsAt } = state;
  handOutConfiguration(state);
  becomeFollower(state, null);
  state.role = 'preCandidate';
  state.preVoteRound += 1;
  state.votes.clear();
  state.votes.add(state.self.id);
  resetElectionTimer(state);
  if (inHaste) {
    // The ordinary time-out stands: short waits go on until it is over.
    state.patienceEndsAt = patienceEndsAt;
    waitShortly(state);
  }
  if (electIfMajority(state)) return;
  askVoters(state, (peer) =>
    send(state, peer, {
      type: 'PreVote',
      term: state.currentTerm,
      round: state.preVoteRound,
      lastLogIndex: state.log.lastIndex,
      lastLogTerm: state.log.lastTerm,
    }),
  );
}

export function handlePreVoteReply(state: State, from: Identity, message: PreVoteReply): void {
  if (!names(configurationOf(state), from)) return;
  if (message.term > state.currentTerm) {
    // Refused for our term: with the higher one we may win the next round, and without it nobody might.
    followTerm(state, message.term);
    waitShortly(state);
    return;
  }
  if (state.role !== 'preCandidate' || message.round !== state.preVoteRound || !message.granted) return;
  state.votes.add(from.id);
  electIfMajority(state);
}

function electIfMajority(state: State): boolean {
  const configuration = configurationOf(state);
  if (configuration === null || !isQuorum(configuration, state.votes)) return false;
  startElection(state);
  return true;
}

/** Paper §5.2: a new term, a vote for oneself, and a request to everybody else. */
function startElection(state: State): void {
  invariant(mayCampaign(state), () => `${state.role} started an election`);
  adoptTerm(state, state.currentTerm + 1);
  state.role = 'candidate';
  state.votedFor = state.self.id;
  // Our own vote counts once it is durable, like everybody's: see countOwnVote.
  state.votes.clear();
  resetElectionTimer(state);
  askVoters(state, (peer) =>
    sendWhenDurable(state, peer, {
      type: 'RequestVote',
      term: state.currentTerm,
      lastLogIndex: state.log.lastIndex,
      lastLogTerm: state.log.lastTerm,
    }),
  );
}

function askVoters(state: State, ask: (peer: { id: string; storageId: string }) => void): void {
  for (const { id, storageId } of configurationOf(state)?.voters ?? []) {
    if (id !== state.self.id) ask({ id, storageId });
  }
}

/** A write has completed: if it held our vote for ourselves, count it. */
export function countOwnVote(state: State): void {
  if (state.role !== 'candidate' || state.tickets.durableTerm < state.currentTerm) return;
  state.votes.add(state.self.id);
  leadIfElected(state);
}

export function handleRequestVoteReply(state: State, from: Identity, message: RequestVoteReply): void {
  if (!names(configurationOf(state), from)) return;
  if (message.term > state.currentTerm) {
    followTerm(state, message.term);
    return;
  }
  if (state.role !== 'candidate' || message.term !== state.currentTerm || !message.granted) return;
  state.votes.add(from.id);
  leadIfElected(state);
}

function leadIfElected(state: State): void {
  const configuration = configurationOf(state);
  // With a majority of others but our own vote not durable yet we wait: a leader's term is always on its disk.
  if (configuration !== null && state.votes.has(state.self.id) && isQuorum(configuration, state.votes)) becomeLeader(state);
}
