import type { Message } from '@raft/wire';
import type { Switchable } from '../src/invariants/message-checks.ts';
import type { Mutation } from './mutant.ts';

/** A bug that somebody had, brought back. */
export interface Bug {
  /** Its number in the catalogue of bugs. */
  readonly id: string;
  readonly name: string;
  readonly mutations?: readonly Mutation[];
  /** Or: messages of this type leave before the write that they wait for. */
  readonly hasty?: Message['type'];
  /** Or: whoever drives the protocol tells it of a write's end when it begins. */
  readonly persistsEarly?: boolean;
  /** Checks to switch off, since they see the cause: the bug must also be seen by its effect. */
  readonly off?: readonly Switchable[];
  /** What may see it. */
  readonly by: readonly string[];
}

function change(file: string, find: string, replace: string): { readonly mutations: readonly Mutation[] } {
  return { mutations: [{ file, find, replace }] };
}

const cause: readonly Switchable[] = ['durable-before-sent'];

/** Votes and elections. */
const elections: readonly Bug[] = [
  {
    id: 'E01',
    name: 'votes twice in a term',
    ...change('election.ts', '(state.votedFor === null || state.votedFor === from.id) &&', ''),
    off: cause,
    by: ['I01', 'I02'],
  },
  {
    id: 'E02',
    name: 'votedFor is not persisted',
    ...change('state.ts', 'votedFor: state.votedFor }', 'votedFor: null }'),
    by: ['durable-before-sent'],
  },
  {
    id: 'E02',
    name: 'votedFor is not persisted, seen by its effect',
    ...change('state.ts', 'votedFor: state.votedFor }', 'votedFor: null }'),
    off: cause,
    by: ['I01', 'I02'],
  },
  {
    id: 'E03',
    name: 'currentTerm is not persisted',
    ...change('state.ts', '{ hardState: { currentTerm: state.currentTerm,', '{ hardState: { currentTerm: 1,'),
    by: ['durable-before-sent'],
  },
  { id: 'E04', name: 'a vote is sent before it is durable', hasty: 'RequestVoteReply', by: ['durable-before-sent'] },
  { id: 'E06', name: 'a candidate asks before its own vote is durable', hasty: 'RequestVote', by: ['durable-before-sent'] },
  {
    id: 'E09',
    name: 'logs are compared by index only',
    ...change(
      'log.ts',
      'return last.term > this.lastTerm || (last.term === this.lastTerm && last.index >= this.#lastIndex);',
      'return last.index >= this.#lastIndex;',
    ),
    by: ['I03', 'I07'],
  },
  {
    id: 'E12',
    name: 'an equal log is not up to date enough',
    ...change('log.ts', 'last.index >= this.#lastIndex)', 'last.index > this.#lastIndex)'),
    by: ['liveness'],
  },
  {
    id: 'E15',
    name: 'half is a majority',
    ...change('quorum.ts', 'Math.floor(voters / 2) + 1', 'Math.max(1, Math.floor(voters / 2))'),
    by: ['I01', 'I03', 'I05'],
  },
  {
    id: 'E18',
    name: 'who campaigns does not hear a leader',
    ...change(
      'follower.ts',
      'if (term < state.currentTerm) return false;',
      "if (term < state.currentTerm || state.role !== 'follower') return false;",
    ),
    by: ['liveness'],
  },
  {
    id: 'E24',
    name: 'a refused pre-vote does not spread the higher term',
    ...change(
      'candidate.ts',
      '// Refused for our term: with the higher one we may win the next round, and without it nobody might.',
      'return;',
    ),
    by: ['liveness'],
  },
];

/** Replication and commit. */
const replication: readonly Bug[] = [
  {
    id: 'R01',
    name: 'the previous entry is not compared',
    ...change('follower.ts', 'log.termAt(prevLogIndex) !== prevLogTerm', 'prevLogIndex > log.lastIndex'),
    by: ['I04', 'R06'],
  },
  {
    id: 'R03',
    name: 'a conflicting entry stays',
    ...change('follower.ts', 'if (term !== undefined) truncateLog(state, entry.index);', 'if (term !== undefined) continue;'),
    by: ['I03', 'I04', 'I05', 'I08', 'R06', 'durable-before-sent'],
  },
  {
    id: 'R04',
    name: 'commits up to its own last entry',
    ...change('follower.ts', 'Math.min(message.leaderCommit, lastNewIndex)', 'Math.min(message.leaderCommit, log.lastIndex)'),
    by: ['I03', 'I07', 'I08', 'I22'],
  },
  {
    id: 'R07',
    name: 'the leader takes what it sent for what was acknowledged',
    ...change(
      'replication.ts',
      'const { matchIndex } = message;',
      'const matchIndex = Math.max(message.matchIndex, progress.nextIndex - 1);',
    ),
    by: ['I05'],
  },
  {
    id: 'R10',
    name: 'entries of earlier terms are committed by counting',
    ...change('replication.ts', ' && state.log.termAt(index) === state.currentTerm', ''),
    by: ['I06'],
  },
  {
    id: 'R11',
    name: 'the leader counts entries that it has not synced',
    ...change('replication.ts', '? state.tickets.durableIndex :', '? state.log.lastIndex :'),
    by: ['I05'],
  },
  { id: 'R12', name: 'a follower acknowledges before the sync', hasty: 'AppendEntriesReply', by: ['durable-before-sent', 'R06'] },
  { id: 'R12', name: 'whoever drives it reports a write before the sync', persistsEarly: true, by: ['I05', 'durable-before-sent'] },
  {
    id: 'R13',
    name: 'appends of an earlier term are accepted',
    ...change('follower.ts', 'if (term < state.currentTerm) return false;', ''),
    by: ['I16', 'I04', 'I07', 'I22', 'R06'],
  },
  {
    id: 'R15',
    name: 'an acknowledged write stands for entries cut meanwhile',
    ...change('tickets.ts', 'for (const write of this.#outstanding) write.index = Math.min(write.index, index);', ''),
    by: ['I05', 'I22', 'I11', 'durable-before-sent'],
  },
  {
    id: 'R16',
    name: 'half commits, when the number is even',
    ...change('quorum.ts', 'values[majority(values.length) - 1]', 'values[Math.floor((values.length - 1) / 2)]'),
    by: ['I05'],
  },
  {
    id: 'R24',
    name: 'a copy is appended twice',
    ...change('follower.ts', 'if (term === entry.term || entry.index <= log.boundary.index) continue;', ''),
    by: ['I07', 'I22'],
  },
];

/** Persistence, snapshots, reads and clients. */
const others: readonly Bug[] = [
  {
    id: 'P09',
    name: 'a truncation is not persisted',
    ...change('state.ts', 'state.pending.truncateFrom = Math.min(from, state.pending.truncateFrom ?? from);', ''),
    by: ['storage', 'I04'],
  },
  {
    id: 'S01',
    name: 'an older snapshot rolls the state back',
    mutations: [
      {
        file: 'snapshot-receiving.ts',
        find: 'if (meta.lastIncludedIndex <= state.commitIndex) {',
        replace: 'if (meta.lastIncludedIndex < 0) {',
      },
      { file: 'snapshot-receiving.ts', find: ' || (event.done && meta.lastIncludedIndex <= state.commitIndex)', replace: '' },
    ],
    by: ['I07', 'I08', 'I10', 'I11', 'I22'],
  },
  {
    id: 'S03',
    name: 'a conflicting suffix stays behind a snapshot',
    ...change('state.ts', 'if (!onDisk || log.termAt(index) !== term) {', 'if (!onDisk) {'),
    by: ['I04', 'I05', 'I11', 'I22', 'storage'],
  },
  {
    id: 'S16',
    name: 'the log is cut beyond the snapshot',
    ...change('raft.ts', 'let index = snapshot.lastIncludedIndex - config.trailingEntries;', 'let index = state.appliedIndex;'),
    by: ['I11'],
  },
  {
    id: 'Q01',
    name: 'a leader serves reads without asking',
    ...change('read-index.ts', 'if (confirmed < confirming.round) return;', ''),
    by: ['I15'],
  },
  {
    id: 'Q02',
    name: 'a fresh leader serves reads',
    ...change('read-index.ts', ' || state.commitIndex < leader.termStartIndex', ''),
    by: ['I15'],
  },
  {
    id: 'Q04',
    name: 'answers to earlier rounds confirm a read',
    ...change(
      'leader.ts',
      'progress.ackedRound = Math.max(progress.ackedRound, message.round);',
      'progress.ackedRound = leader.readRound;',
    ),
    by: ['I15'],
  },
  {
    id: 'Q04',
    name: 'the refusal of an append of an earlier term answers a round of this one (our own, once)',
    ...change('follower.ts', 'const nothing = { round: 0, prevLogIndex: 0,', 'const nothing = { round: message.round, prevLogIndex: 0,'),
    by: ['I16'],
  },
  {
    id: 'Q21',
    name: 'a forwarded proposal is taken each time it comes',
    ...change('forwarding.ts', 'if (known && (id < known.floor || known.ids.has(id))) continue;', ''),
    by: ['I17', 'I16'],
  },
];

/**
 * Not here, since no history can show them, or hardly one in thousands; the paper tests see them: E14 (a vote of an earlier term counts), E30 (a
 * message reaches only the storage that it is addressed to), R06 (a leader's first append to a follower starts where their logs
 * part), R10 by its effect (Figure 8), S09 (a chunk
 * stored in a later term answers a transfer of that term; seen at seed 937).
 */
export const zoo: readonly Bug[] = [...elections, ...replication, ...others];
