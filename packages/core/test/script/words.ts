import type { Entry, Message } from '@raft/wire';
import type { Outcome, ReadOutcome, Ready } from '../../src/protocol/ready.ts';
import type { ProtocolStatus } from '../../src/status.ts';

// The words of a transcript. `5/2` is the entry of index 5 and term 2, `5..7/2` are three of them.

/** What a message says, in the names of the paper's figures 2 and 13. */
export function saysOf(message: Message): string {
  const term = `term ${message.term}`;
  return [term, ...claims(message)].filter((part) => part !== '').join('  ');
}

function claims(message: Message): string[] {
  switch (message.type) {
    case 'PreVote':
    case 'RequestVote':
      return [`last ${message.lastLogIndex}/${message.lastLogTerm}`];
    case 'PreVoteReply':
    case 'RequestVoteReply':
      return [message.granted ? 'granted' : 'refused'];
    case 'AppendEntries': {
      const { prevLogIndex, prevLogTerm, entries, leaderCommit, round } = message;
      const body = entries.length === 0 ? 'heartbeat' : `entries ${runsOf(entries)}`;
      return [`prev ${prevLogIndex}/${prevLogTerm}`, body, `commit ${leaderCommit}`, roundOf(round)];
    }
    case 'AppendEntriesReply':
      if (message.success) return [`match ${message.matchIndex}`, roundOf(message.round)];
      if (message.prevLogIndex === 0) return ['refused'];
      return [
        `no match at ${message.prevLogIndex}, look at ${message.conflictIndex}/${message.conflictTerm} and below`,
        roundOf(message.round),
      ];
    case 'InstallSnapshot': {
      const { meta, offset, data, done } = message;
      const bytes = `bytes ${offset} to ${offset + data.length}${done ? ', the last' : ''}`;
      return [`snapshot ${meta.lastIncludedIndex}/${meta.lastIncludedTerm}`, bytes];
    }
    case 'InstallSnapshotReply':
      return [message.installed ? 'installed' : `wants byte ${message.nextOffset}`];
    case 'ReadIndex':
      return [];
    case 'ReadIndexReply':
      return [message.index === null ? 'refused' : `index ${message.index}`];
    case 'Propose':
      return [`${message.proposals.length} ${message.proposals.length === 1 ? 'proposal' : 'proposals'}`];
    case 'ProposeReply':
      return message.results.map((result) =>
        result.outcome === 'appended' ? `is ${result.index}/${result.term}` : `refused: ${result.reason}`,
      );
    case 'Form':
      return [`entries ${runsOf(message.entries)}`];
  }
}

function roundOf(round: number): string {
  return round === 0 ? '' : `round ${round}`;
}

function runsOf(entries: readonly Entry[]): string {
  const runs: { from: number; to: number; term: number }[] = [];
  for (const { index, term } of entries) {
    const last = runs.at(-1);
    if (last?.term === term) last.to = index;
    else runs.push({ from: index, to: index, term });
  }
  return runs.map(({ from, to, term }) => `${from}${to > from ? `..${to}` : ''}/${term}`).join(' ');
}

/** What a node does besides sending, one line each, as column and detail. `before`: its status when it last spoke. */
export function deedsOf(
  ready: Ready,
  now: ProtocolStatus,
  before: ProtocolStatus | undefined,
): (readonly [deed: string, detail: string])[] {
  const { softState, write, restore, compactTo, storeChunk, formed } = ready;
  const deeds: (readonly [string, string])[] = [];
  if (softState && before !== undefined) deeds.push(['is now', roleOf(now)]);
  if (formed) deeds.push(['joins', 'a cluster']);
  if (storeChunk) deeds.push(['stores', `bytes ${storeChunk.offset} to ${storeChunk.offset + storeChunk.data.length} of a snapshot`]);
  if (write) deeds.push(['writes', writeOf(write)]);
  if (restore) deeds.push(['restores', `snapshot ${restore.meta.lastIncludedIndex}/${restore.meta.lastIncludedTerm}`]);
  if (now.commitIndex > (before ?? now).commitIndex) deeds.push(['commits', `up to ${now.commitIndex}`]);
  if (compactTo !== undefined) deeds.push(['compacts', `up to ${compactTo}`]);
  for (const { to, from } of ready.fetch) deeds.push(['fetches', `entries from ${from} on, for ${to.id}`]);
  for (const { to, offset } of ready.readChunk) deeds.push(['reads', `its snapshot from byte ${offset} on, for ${to.id}`]);
  for (const outcome of ready.outcomes) deeds.push([`proposal ${outcome.id}`, outcomeOf(outcome)]);
  for (const read of ready.reads)
    deeds.push([`read ${read.id}`, 'index' in read ? `may be served at ${read.index}` : `rejected: ${read.rejected}`]);
  return deeds;
}

function roleOf({ role, term, leaderId, id }: ProtocolStatus): string {
  const follows = leaderId !== null && leaderId !== id ? `, follows ${leaderId}` : '';
  return `${role} in term ${term}${follows}`;
}

function writeOf({ hardState, snapshot, truncateFrom, entries }: NonNullable<Ready['write']>): string {
  return [
    hardState && `term ${hardState.currentTerm}${hardState.votedFor === null ? '' : `, vote for ${hardState.votedFor}`}`,
    snapshot && `snapshot ${snapshot.lastIncludedIndex}/${snapshot.lastIncludedTerm}`,
    truncateFrom !== undefined && `removes ${truncateFrom} and behind`,
    entries.length > 0 && `entries ${runsOf(entries)}`,
  ]
    .filter((part) => typeof part === 'string')
    .join('; ');
}

function outcomeOf(outcome: Outcome | ReadOutcome): string {
  if ('appended' in outcome) return `is ${outcome.appended.index}/${outcome.appended.term}`;
  return 'rejected' in outcome ? `rejected: ${outcome.rejected}` : '';
}
