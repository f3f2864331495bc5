/**
 * What the paper (Ongaro and Ousterhout, In search of an understandable consensus algorithm, extended version) asks of a server, rule by rule. Tests bear
 * these names; `paper.test.ts` finds a test for each.
 */
const rules = {
  'Figure 2, State, currentTerm': 'latest term seen: 0 on first boot, durable, increases',
  'Figure 2, State, votedFor': 'candidate that got the vote in the current term, or none; durable',
  'Figure 2, State, log[]': 'entries with a command and the term in which the leader got it; first index is 1; durable',
  'Figure 2, State, commitIndex': 'highest entry known to be committed: from 0, increases',
  'Figure 2, State, lastApplied': 'highest entry applied to the state machine: from 0, increases',
  'Figure 2, State, nextIndex[]': 'for each server the next entry to send: from the leader’s last index + 1, anew after an election',
  'Figure 2, State, matchIndex[]': 'for each server the highest entry known to be replicated: from 0, increases, anew after an election',
  'Figure 2, AppendEntries, rule 1': 'reply false if term < currentTerm',
  'Figure 2, AppendEntries, rule 2': 'reply false if the log has no entry at prevLogIndex of prevLogTerm',
  'Figure 2, AppendEntries, rule 3': 'an entry that conflicts with a new one is deleted, and all that follow it',
  'Figure 2, AppendEntries, rule 4': 'append entries that are not in the log yet',
  'Figure 2, AppendEntries, rule 5': 'commitIndex = min(leaderCommit, index of the last new entry), if leaderCommit is higher',
  'Figure 2, RequestVote, rule 1': 'reply false if term < currentTerm',
  'Figure 2, RequestVote, rule 2': 'grant the vote if votedFor is none or the candidate, and its log is at least as up to date',
  'Figure 2, All Servers, rule 1': 'if commitIndex > lastApplied, apply the next entry',
  'Figure 2, All Servers, rule 2': 'a higher term in any message: adopt it, become follower',
  'Figure 2, Followers, rule 1': 'respond to requests of candidates and leaders',
  'Figure 2, Followers, rule 2': 'no append from the current leader and no vote granted for an election time-out: become candidate',
  'Figure 2, Candidates, rule 1': 'increment currentTerm, vote for self, reset the timer, send RequestVote to all others',
  'Figure 2, Candidates, rule 2': 'votes of a majority: become leader',
  'Figure 2, Candidates, rule 3': 'an append of a new leader: become follower',
  'Figure 2, Candidates, rule 4': 'the election time-out passes: start a new election',
  'Figure 2, Leaders, rule 1': 'upon election, and while idle, send heartbeats to each server',
  'Figure 2, Leaders, rule 2': 'a command from a client: append it to the own log, answer after it was applied',
  'Figure 2, Leaders, rule 3':
    'last index >= nextIndex: send entries from nextIndex on; success moves nextIndex and matchIndex, a conflict lowers nextIndex and it goes again',
  'Figure 2, Leaders, rule 4': 'an entry of the current term that a majority has: commitIndex moves there',
  'Figure 13, rule 1': 'reply immediately if term < currentTerm',
  'Figure 13, rules 2 to 5':
    'create the file at offset 0, write chunks at their offsets, ask for more until done, then keep it and drop older ones',
  'Figure 13, rule 6': 'a log entry of the snapshot’s last index and term: keep what follows it',
  'Figure 13, rule 7': 'else drop the whole log',
  'Figure 13, rule 8': 'reset the state machine from the snapshot, and load its configuration',
  '§5.1, terms': 'terms act as a clock: exchanged in every message, the larger one is taken over',
  '§5.1, stale requests': 'a request with a stale term is rejected',
  '§5.2, followers': 'servers start as followers and stay so while they hear a leader or candidate',
  '§5.2, one vote': 'at most one vote per term, first come, first served',
  '§5.2, majority': 'a majority of the full cluster in the same term wins',
  '§5.2, another leader': 'a candidate follows a leader of a term at least its own, and rejects one of a lower term',
  '§5.2, random time-outs': 'time-outs are drawn from an interval, anew for each election, so that votes rarely split',
  '§5.3, replication': 'the leader sends entries in parallel, and commits what a majority has',
  '§5.3, retries': 'the leader sends until all followers store all entries',
  '§5.3, preceding entries': 'a committed entry commits all before it, those of earlier leaders too',
  '§5.3, commit notice': 'followers learn the commit index with appends, and apply in log order',
  '§5.3, log matching': 'two entries of one index and term are the same, and so are all before them',
  '§5.3, Figure 7': 'a new leader makes the logs of all followers its own',
  '§5.3, terms skipped': 'one refusal for each conflicting term, not for each entry',
  '§5.3, append-only': 'a leader never overwrites or deletes entries of its own log',
  '§5.4.1, election restriction': 'a voter refuses who has a log less up to date: a lower last term, or the same and a shorter log',
  '§5.4.2, Figure 8': 'only entries of the current term are committed by counting',
  '§5.4.3, leader completeness': 'a committed entry is in the log of every later leader',
  '§5.5, retries': 'requests to a crashed server are sent again until it answers',
  '§5.5, idempotence': 'a request that comes twice does no harm',
  '§5.6, timing': 'heartbeats come well within an election time-out',
  '§6, latest configuration': 'a server uses the last configuration in its log, committed or not',
  '§6, disruptive servers': 'a server that hears a leader disregards RequestVote, and its term',
  '§7, independent snapshots': 'each server takes its own, covering committed entries, and drops those from its log',
  '§7, metadata': 'a snapshot holds the last included index and term, for the consistency check, and the configuration',
  '§7, lagging followers': 'a follower whose next entry was dropped is sent the snapshot',
  '§7, retransmission': 'a snapshot of what the log already holds drops nothing behind it',
  '§8, finding the leader': 'who is not the leader passes a client on to it',
  '§8, no-op': 'a leader begins its term with an entry without a command',
  '§8, reads, rule 1': 'a leader serves no read before an entry of its own term is committed',
  '§8, reads, rule 2': 'a leader exchanges heartbeats with a majority before it answers a read',
} as const;

type Rule = keyof typeof rules;

export const allRules = Object.keys(rules);

/** The name of a test: which rule, and what it sees. */
export function rule(id: Rule, sentence: string): string {
  return `${id}: ${sentence}`;
}

/** Rules of what is not there yet. The change that brings it moves them up. */
export const waitsFor = {
  '§6, joint majorities: elections and commits need majorities of both configurations': 'joint consensus',
  '§6, joint configuration: C_new is appended when C_old,new is committed': 'joint consensus',
  '§6, either may lead: any server of either configuration may be leader': 'joint consensus',
  '§6, leader outside C_new: it counts others only, and steps down when C_new is committed': 'joint consensus',
  '§6, new servers: they join without a vote until they have caught up': 'learners',
  '§8, exactly once: a command that is retried with its serial number is not executed again': 'sessions',
} as const;
