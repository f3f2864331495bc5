import type { Message } from '@raft/wire';
import type { PaperMessage } from './line-schema.ts';

/** A message by the field names of the paper. The sender, whom no message names since its handshake did, becomes candidateId or leaderId. */
export function paperMessage(sender: string, message: Message): PaperMessage {
  const { type, term } = message;
  switch (type) {
    case 'PreVote': {
      const { round, lastLogIndex, lastLogTerm } = message;
      return { type, term, candidateId: sender, lastLogIndex, lastLogTerm, round };
    }
    case 'RequestVote': {
      const { lastLogIndex, lastLogTerm } = message;
      return { type, term, candidateId: sender, lastLogIndex, lastLogTerm };
    }
    case 'PreVoteReply':
      return { type, term, voteGranted: message.granted, round: message.round };
    case 'RequestVoteReply':
      return { type, term, voteGranted: message.granted };
    case 'AppendEntries': {
      const { prevLogIndex, prevLogTerm, leaderCommit, round } = message;
      return { type, term, leaderId: sender, prevLogIndex, prevLogTerm, entries: places(message.entries), leaderCommit, round };
    }
    case 'AppendEntriesReply':
      return { ...message };
    case 'InstallSnapshot': {
      const { meta, offset, data, done, transfer, round } = message;
      const { lastIncludedIndex, lastIncludedTerm } = meta;
      return { type, term, leaderId: sender, lastIncludedIndex, lastIncludedTerm, offset, bytes: data.length, done, transfer, round };
    }
    case 'InstallSnapshotReply': {
      const { installed, nextOffset, transfer, round } = message;
      return { type, term, installed, nextOffset, transfer, round };
    }
    case 'ReadIndex':
      return { type, term, id: message.id };
    case 'ReadIndexReply':
      return { type, term, id: message.id, index: message.index };
    case 'Propose':
      return { type, term, ids: message.proposals.map(({ id }) => id) };
    case 'ProposeReply':
      return { type, term, ids: message.results.map(({ id }) => id) };
    case 'Form':
      return { type, term, clusterId: message.clusterId };
  }
}

/** Index and term of each. */
export function places(entries: readonly { readonly index: number; readonly term: number }[]): [number, number][] {
  return entries.map(({ index, term }) => [index, term]);
}
