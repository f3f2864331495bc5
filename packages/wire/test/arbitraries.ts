import fc from 'fast-check';
import {
  type Bytes,
  type Configuration,
  type Entry,
  encodeConfiguration,
  encodeEntry,
  entryKinds,
  type Handshake,
  type Message,
  maxMembers,
  rejectionSchema,
  type SnapshotMeta,
} from '../src/index.ts';

export const counter = fc.oneof(fc.nat(), fc.maxSafeNat());
const positive = counter.map((value) => Math.max(value, 1));
export const bytes = fc
  .oneof(fc.uint8Array({ maxLength: 20 }), fc.uint8Array({ maxLength: 400 }))
  .map((data): Bytes => Uint8Array.from(data));

const nodeId = fc.stringMatching(/^[A-Za-z0-9._-]{1,64}$/);
const hexId = fc.stringMatching(/^[0-9a-f]{32}$/);
const address = fc.string({ minLength: 1, maxLength: 60, unit: 'grapheme' }).filter((text) => text.length <= 256);

export const configuration: fc.Arbitrary<Configuration> = fc
  .uniqueArray(fc.oneof(fc.record({ id: nodeId, storageId: hexId }), fc.record({ id: nodeId, storageId: hexId, address })), {
    minLength: 1,
    maxLength: maxMembers,
    size: 'small',
    selector: (member) => member.id,
  })
  .map((voters) => ({ voters }));

export const entryFields = fc.record({
  index: positive,
  term: positive,
  kind: fc.constantFrom(...entryKinds),
  time: counter,
  data: bytes,
});

/** What an entry of each kind may hold. */
const content = fc.oneof(
  fc.record({ kind: fc.constantFrom('command' as const, 'noop' as const), data: bytes }),
  fc.record({ kind: fc.constant('configuration' as const), data: configuration.map(encodeConfiguration) }),
);

/** Contiguous, of rising terms. */
export const entries: fc.Arbitrary<Entry[]> = fc
  .record({
    first: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER - 100 }),
    term: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER - 1000 }),
    items: fc.array(
      fc.record({ step: fc.nat({ max: 3 }), time: counter, content }).map(({ content: what, ...rest }) => ({ ...rest, ...what })),
      { maxLength: 12 },
    ),
  })
  .map(({ first, term, items }) => {
    let current = term;
    return items.map(({ step, kind, time, data }, position) => {
      current += step;
      return encodeEntry({ index: first + position, term: current, kind, time, data });
    });
  });

const snapshotMeta: fc.Arbitrary<SnapshotMeta> = fc.record({
  lastIncludedIndex: positive,
  lastIncludedTerm: positive,
  configuration,
  configurationIndex: counter,
});

const proposeResult = fc.oneof(
  fc.record({ outcome: fc.constant('appended' as const), id: counter, index: counter, term: counter }),
  fc.record({ outcome: fc.constant('rejected' as const), id: counter, reason: fc.constantFrom(...rejectionSchema.options) }),
);

function typed<const Type extends Message['type'], T>(type: Type, fields: { [Key in keyof T]: fc.Arbitrary<T[Key]> }) {
  return fc.record(fields).map((values) => ({ type, ...values }));
}

const term = counter;
const round = counter;

const firstEntry = fc
  .record({ configuration, time: counter })
  .map(({ configuration: first, time }) =>
    encodeEntry({ index: 1, term: 1, kind: 'configuration', time, data: encodeConfiguration(first) }),
  );

/** Brings the numbers in front of the entries in line with them. */
function follow<Fields extends { term: number; prevLogIndex: number; prevLogTerm: number; entries: Entry[] }>(fields: Fields): Fields {
  const first = fields.entries[0];
  const last = fields.entries.at(-1);
  if (!first || !last) return fields;
  const { term: leaderTerm, prevLogTerm } = fields;
  return {
    ...fields,
    term: Math.max(leaderTerm, last.term),
    prevLogIndex: first.index - 1,
    prevLogTerm: Math.min(prevLogTerm, first.term),
  };
}

/** One arbitrary for each type of message. */
export const messages: { readonly [Type in Message['type']]: fc.Arbitrary<Extract<Message, { type: Type }>> } = {
  PreVote: typed('PreVote', { term, round, lastLogIndex: counter, lastLogTerm: counter }),
  PreVoteReply: typed('PreVoteReply', { term, round, granted: fc.boolean() }),
  RequestVote: typed('RequestVote', { term, lastLogIndex: counter, lastLogTerm: counter }),
  RequestVoteReply: typed('RequestVoteReply', { term, granted: fc.boolean() }),
  AppendEntries: typed('AppendEntries', { term, round, prevLogIndex: counter, prevLogTerm: counter, leaderCommit: counter, entries }).map(
    follow,
  ),
  AppendEntriesReply: fc.oneof(
    typed('AppendEntriesReply', { term, round, success: fc.constant(true as const), matchIndex: counter }),
    typed('AppendEntriesReply', {
      term,
      round,
      success: fc.constant(false as const),
      prevLogIndex: counter,
      conflictIndex: counter,
      conflictTerm: counter,
    }),
  ),
  InstallSnapshot: typed('InstallSnapshot', {
    term,
    round,
    transfer: counter,
    meta: snapshotMeta,
    offset: counter,
    data: bytes,
    done: fc.boolean(),
  }),
  InstallSnapshotReply: typed('InstallSnapshotReply', { term, round, transfer: counter, nextOffset: counter, installed: fc.boolean() }),
  ReadIndex: typed('ReadIndex', { term, source: counter, id: counter }),
  ReadIndexReply: typed('ReadIndexReply', { term, source: counter, id: counter, index: fc.option(counter) }),
  Propose: typed('Propose', {
    term,
    source: counter,
    floor: counter,
    proposals: fc.array(fc.record({ id: counter, data: bytes }), { maxLength: 12 }),
  }),
  ProposeReply: typed('ProposeReply', { term, source: counter, results: fc.array(proposeResult, { maxLength: 12 }) }),
  Form: typed('Form', { term, clusterId: hexId, entries: firstEntry.map((entry) => [entry]) }),
};

const version = fc.integer({ min: 1, max: 0xffff });

export const handshake: fc.Arbitrary<Handshake> = fc
  .record({ id: nodeId, storageId: hexId, clusterId: fc.option(hexId, { nil: undefined }), versions: fc.tuple(version, version) })
  .map(({ id, storageId, clusterId, versions }) => ({
    id,
    storageId,
    ...(clusterId === undefined ? {} : { clusterId }),
    minVersion: Math.min(...versions),
    maxVersion: Math.max(...versions),
  }));
