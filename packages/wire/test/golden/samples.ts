import {
  type Bytes,
  type Configuration,
  decodeConfiguration,
  decodeEntry,
  decodeFrame,
  type Entry,
  encodeConfiguration,
  encodeEntry,
  encodeHandshake,
  encodeMessage,
  encodeUtf8,
  type Handshake,
  type Message,
} from '../../src/index.ts';

/** One thing whose bytes are kept: the value, and both ways between it and the bytes. */
export interface Sample {
  readonly name: string;
  readonly value: unknown;
  readonly encode: () => Bytes;
  readonly decode: (bytes: Bytes) => unknown;
}

const storageIds = ['00112233445566778899aabbccddeeff', '0123456789abcdef0123456789abcdef', 'ffeeddccbbaa99887766554433221100'] as const;
const clusterId = 'c0ffee00c0ffee00c0ffee00c0ffee00';
/** A number that fills every byte of its field, each with something else. */
const large = 0x1f0203_04050607;

const configuration: Configuration = {
  voters: [
    { id: 'n1', storageId: storageIds[0], address: 'tcp://127.0.0.1:9081' },
    { id: 'n2', storageId: storageIds[1], address: 'tcp://[::1]:9082' },
    { id: 'browser', storageId: storageIds[2] },
  ],
};

const entries: readonly Entry[] = [
  encodeEntry({ index: 7, term: 2, kind: 'command', time: 1_700_000_000_000, data: encodeUtf8('set x = 1 · é') }),
  encodeEntry({ index: 8, term: 3, kind: 'noop', data: new Uint8Array(0) }),
  encodeEntry({ index: 9, term: 3, kind: 'configuration', data: encodeConfiguration(configuration) }),
];

const messages: Readonly<Record<string, Message>> = {
  PreVote: { type: 'PreVote', term: 4, round: 2, lastLogIndex: 9, lastLogTerm: 3 },
  'PreVote-largest-numbers': {
    type: 'PreVote',
    term: Number.MAX_SAFE_INTEGER,
    round: Number.MAX_SAFE_INTEGER,
    lastLogIndex: Number.MAX_SAFE_INTEGER,
    lastLogTerm: large,
  },
  PreVoteReply: { type: 'PreVoteReply', term: 4, round: 2, granted: true },
  RequestVote: { type: 'RequestVote', term: 5, lastLogIndex: 9, lastLogTerm: 3 },
  RequestVoteReply: { type: 'RequestVoteReply', term: 5, granted: false },
  AppendEntries: { type: 'AppendEntries', term: 3, round: 12, prevLogIndex: 6, prevLogTerm: 2, leaderCommit: 5, entries },
  'AppendEntries-heartbeat': { type: 'AppendEntries', term: 3, round: 13, prevLogIndex: 9, prevLogTerm: 3, leaderCommit: 9, entries: [] },
  AppendEntriesReply: { type: 'AppendEntriesReply', term: 3, round: 12, success: true, matchIndex: 9 },
  'AppendEntriesReply-failure': {
    type: 'AppendEntriesReply',
    term: 3,
    round: 12,
    success: false,
    prevLogIndex: 6,
    conflictIndex: 4,
    conflictTerm: 1,
  },
  InstallSnapshot: {
    type: 'InstallSnapshot',
    term: 3,
    round: 14,
    transfer: 1,
    meta: { lastIncludedIndex: 9, lastIncludedTerm: 3, configuration, configurationIndex: 9 },
    offset: 1024,
    data: Uint8Array.of(0xde, 0xad, 0xbe, 0xef),
    done: true,
  },
  InstallSnapshotReply: { type: 'InstallSnapshotReply', term: 3, round: 14, transfer: 1, nextOffset: 1028, installed: true },
  ReadIndex: { type: 'ReadIndex', term: 3, source: large, id: 17 },
  ReadIndexReply: { type: 'ReadIndexReply', term: 3, source: large, id: 17, index: 9 },
  'ReadIndexReply-not-served': { type: 'ReadIndexReply', term: 3, source: large, id: 17, index: null },
  Propose: {
    type: 'Propose',
    term: 3,
    source: large,
    floor: 20,
    proposals: [
      { id: 20, data: encodeUtf8('set y = 2') },
      { id: 21, data: new Uint8Array(0) },
      { id: 22, data: new Uint8Array(200).fill(0x5a) },
    ],
  },
  ProposeReply: {
    type: 'ProposeReply',
    term: 3,
    source: large,
    results: [
      { outcome: 'appended', id: 20, index: 10, term: 3 },
      { outcome: 'rejected', id: 21, reason: 'noLeader' },
      { outcome: 'rejected', id: 22, reason: 'notLeader' },
      { outcome: 'rejected', id: 23, reason: 'overloaded' },
      { outcome: 'rejected', id: 24, reason: 'tooLarge' },
      { outcome: 'rejected', id: 25, reason: 'stopped' },
      { outcome: 'rejected', id: 26, reason: 'timeout' },
    ],
  },
  Form: {
    type: 'Form',
    term: 1,
    clusterId,
    entries: [encodeEntry({ index: 1, term: 1, kind: 'configuration', data: encodeConfiguration(configuration) })],
  },
};

const handshakes: Readonly<Record<string, Handshake>> = {
  Handshake: { id: 'n1', storageId: storageIds[0], clusterId, minVersion: 1, maxVersion: 258 },
  'Handshake-blank': { id: 'n2', storageId: storageIds[1], minVersion: 1, maxVersion: 1 },
};

/** Whole frames: each type of message, and the handshake. */
export const frameSamples: readonly Sample[] = [
  ...Object.entries(messages).map(([name, message]) => ({
    name,
    value: { kind: 'message', message },
    encode: () => encodeMessage(message),
    decode: decodeFrame,
  })),
  ...Object.entries(handshakes).map(([name, handshake]) => ({
    name,
    value: { kind: 'handshake', handshake },
    encode: () => encodeHandshake(handshake),
    decode: decodeFrame,
  })),
];

/** Everything whose bytes are kept as files beside this one. */
export const samples: readonly Sample[] = [
  ...frameSamples,
  ...entries.map((entry) => ({
    name: `entry-${entry.kind}`,
    value: entry,
    encode: () => entry.bytes,
    decode: (bytes: Bytes) => decodeEntry(bytes, 0),
  })),
  { name: 'configuration', value: configuration, encode: () => encodeConfiguration(configuration), decode: decodeConfiguration },
];
