import { type Bytes, type Configuration, encodeEntry, type Message, type SnapshotMeta } from '@raft/wire';

const storageId = '0123456789abcdef0123456789abcdef';
const configuration: Configuration = { voters: [{ id: 'n1', storageId, address: 'tcp://127.0.0.1:9081' }] };
const meta: SnapshotMeta = { lastIncludedIndex: 7, lastIncludedTerm: 2, configuration, configurationIndex: 1 };

/** Bytes that tell where they came from: no two seeds give the same. */
function sampleBytes(length: number, seed: number): Bytes {
  const bytes = new Uint8Array(length);
  for (let index = 0; index < length; index += 1) bytes[index] = (index * 31 + seed * 17 + (index >> 8)) & 0xff;
  return bytes;
}

/** AppendEntries that carry commands; `round` tells them apart. */
export function sampleAppend(options: { readonly round: number; readonly entries: number; readonly bytes: number }): Message {
  const { round, entries, bytes } = options;
  return {
    type: 'AppendEntries',
    term: 3,
    round,
    prevLogIndex: 7,
    prevLogTerm: 2,
    leaderCommit: 7,
    entries: Array.from({ length: entries }, (_, index) =>
      encodeEntry({ index: 8 + index, term: 3, kind: 'command', data: sampleBytes(bytes, round + index) }),
    ),
  };
}

/** One message of each kind, and each side of each alternative. */
export function sampleMessages(): readonly Message[] {
  return [
    { type: 'PreVote', term: 3, round: 1, lastLogIndex: 7, lastLogTerm: 2 },
    { type: 'PreVoteReply', term: 3, round: 1, granted: true },
    { type: 'RequestVote', term: 3, lastLogIndex: 7, lastLogTerm: 2 },
    { type: 'RequestVoteReply', term: 3, granted: false },
    sampleAppend({ round: 1, entries: 0, bytes: 0 }),
    sampleAppend({ round: 2, entries: 3, bytes: 100 }),
    { type: 'AppendEntriesReply', term: 3, round: 2, success: true, matchIndex: 10 },
    { type: 'AppendEntriesReply', term: 3, round: 2, success: false, prevLogIndex: 7, conflictIndex: 5, conflictTerm: 1 },
    { type: 'InstallSnapshot', term: 3, round: 3, transfer: 1, meta, offset: 0, data: sampleBytes(1000, 1), done: false },
    { type: 'InstallSnapshotReply', term: 3, round: 3, transfer: 1, nextOffset: 1000, installed: false },
    { type: 'ReadIndex', term: 3, source: 9, id: 1 },
    { type: 'ReadIndexReply', term: 3, source: 9, id: 1, index: null },
    { type: 'Propose', term: 3, source: 9, floor: 1, proposals: [{ id: 1, data: sampleBytes(50, 2) }] },
    {
      type: 'ProposeReply',
      term: 3,
      source: 9,
      results: [
        { outcome: 'appended', id: 1, index: 11, term: 3 },
        { outcome: 'rejected', id: 2, reason: 'overloaded' },
      ],
    },
  ];
}
