import type * as z from 'zod';
import { readConfiguration, writeConfiguration } from './configuration.ts';
import { decodeEntry, type Entry } from './entry.ts';
import {
  appendEntriesReplySchema,
  appendEntriesSchema,
  formSchema,
  installSnapshotReplySchema,
  installSnapshotSchema,
  type Message,
  preVoteReplySchema,
  preVoteSchema,
  proposeReplySchema,
  proposeSchema,
  type Rejection,
  readIndexReplySchema,
  readIndexSchema,
  requestVoteReplySchema,
  requestVoteSchema,
} from './messages.ts';
import type { Reader } from './reader.ts';
import { RaftError } from './errors.ts';
import type { SnapshotMeta } from './snapshot.ts';
import { parse } from './validation.ts';
import type { Writer } from './writer.ts';

// Each message's fields in a fixed order, numbers in eight bytes; a list, or bytes of any length, comes last and goes to the end of the
// payload, so that no count has to be believed.

type MessageType = Message['type'];
type MessageOf<Type extends MessageType> = Extract<Message, { type: Type }>;

/** How one type of message becomes the payload of a frame, and back. */
interface Codec<M extends Message> {
  /** The frame's type. Frozen: a number is never used again for something else. */
  readonly code: number;
  readonly schema: z.ZodType<M>;
  /** Bytes of the payload where it isn't {@link fixedBytes} at most: exact if it carries entries, else about. */
  size?(message: M): number;
  write(writer: Writer, message: M): void;
  /** The bare fields; the schema has the last word. */
  read(reader: Reader): M;
}

/** No message of fixed size has a longer payload. */
const fixedBytes = 64;

const codecs: { readonly [Type in MessageType]: Codec<MessageOf<Type>> } = {
  PreVote: {
    code: 0x10,
    schema: preVoteSchema,
    write(writer, { term, round, lastLogIndex, lastLogTerm }) {
      writer.u53(term);
      writer.u53(round);
      writer.u53(lastLogIndex);
      writer.u53(lastLogTerm);
    },
    read: (reader) => ({
      type: 'PreVote',
      term: reader.u53(),
      round: reader.u53(),
      lastLogIndex: reader.u53(),
      lastLogTerm: reader.u53(),
    }),
  },
  PreVoteReply: {
    code: 0x11,
    schema: preVoteReplySchema,
    write(writer, { term, round, granted }) {
      writer.u53(term);
      writer.u53(round);
      writer.boolean(granted);
    },
    read: (reader) => ({ type: 'PreVoteReply', term: reader.u53(), round: reader.u53(), granted: reader.boolean() }),
  },
  RequestVote: {
    code: 0x12,
    schema: requestVoteSchema,
    write(writer, { term, lastLogIndex, lastLogTerm }) {
      writer.u53(term);
      writer.u53(lastLogIndex);
      writer.u53(lastLogTerm);
    },
    read: (reader) => ({ type: 'RequestVote', term: reader.u53(), lastLogIndex: reader.u53(), lastLogTerm: reader.u53() }),
  },
  RequestVoteReply: {
    code: 0x13,
    schema: requestVoteReplySchema,
    write(writer, { term, granted }) {
      writer.u53(term);
      writer.boolean(granted);
    },
    read: (reader) => ({ type: 'RequestVoteReply', term: reader.u53(), granted: reader.boolean() }),
  },
  AppendEntries: {
    code: 0x14,
    schema: appendEntriesSchema,
    size: ({ entries }) => 40 + entriesBytes(entries),
    write(writer, { term, round, prevLogIndex, prevLogTerm, leaderCommit, entries }) {
      writer.u53(term);
      writer.u53(round);
      writer.u53(prevLogIndex);
      writer.u53(prevLogTerm);
      writer.u53(leaderCommit);
      writeEntries(writer, entries);
    },
    read: (reader) => ({
      type: 'AppendEntries',
      term: reader.u53(),
      round: reader.u53(),
      prevLogIndex: reader.u53(),
      prevLogTerm: reader.u53(),
      leaderCommit: reader.u53(),
      entries: readEntries(reader),
    }),
  },
  AppendEntriesReply: {
    code: 0x15,
    schema: appendEntriesReplySchema,
    write(writer, message) {
      writer.u53(message.term);
      writer.u53(message.round);
      writer.boolean(message.success);
      if (message.success) {
        writer.u53(message.matchIndex);
      } else {
        writer.u53(message.prevLogIndex);
        writer.u53(message.conflictIndex);
        writer.u53(message.conflictTerm);
      }
    },
    read(reader) {
      const common = { type: 'AppendEntriesReply', term: reader.u53(), round: reader.u53() } as const;
      return reader.boolean()
        ? { ...common, success: true, matchIndex: reader.u53() }
        : { ...common, success: false, prevLogIndex: reader.u53(), conflictIndex: reader.u53(), conflictTerm: reader.u53() };
    },
  },
  InstallSnapshot: {
    code: 0x16,
    schema: installSnapshotSchema,
    size: ({ meta, data }) => 128 + meta.configuration.voters.length * 128 + data.length,
    write(writer, { term, round, transfer, meta, offset, done, data }) {
      writer.u53(term);
      writer.u53(round);
      writer.u53(transfer);
      writeSnapshotMeta(writer, meta);
      writer.u53(offset);
      writer.boolean(done);
      writer.raw(data);
    },
    read: (reader) => ({
      type: 'InstallSnapshot',
      term: reader.u53(),
      round: reader.u53(),
      transfer: reader.u53(),
      meta: readSnapshotMeta(reader),
      offset: reader.u53(),
      done: reader.boolean(),
      data: reader.rest(),
    }),
  },
  InstallSnapshotReply: {
    code: 0x17,
    schema: installSnapshotReplySchema,
    write(writer, { term, round, transfer, nextOffset, installed }) {
      writer.u53(term);
      writer.u53(round);
      writer.u53(transfer);
      writer.u53(nextOffset);
      writer.boolean(installed);
    },
    read: (reader) => ({
      type: 'InstallSnapshotReply',
      term: reader.u53(),
      round: reader.u53(),
      transfer: reader.u53(),
      nextOffset: reader.u53(),
      installed: reader.boolean(),
    }),
  },
  ReadIndex: {
    code: 0x18,
    schema: readIndexSchema,
    write(writer, { term, source, id }) {
      writer.u53(term);
      writer.u53(source);
      writer.u53(id);
    },
    read: (reader) => ({ type: 'ReadIndex', term: reader.u53(), source: reader.u53(), id: reader.u53() }),
  },
  ReadIndexReply: {
    code: 0x19,
    schema: readIndexReplySchema,
    write(writer, { term, source, id, index }) {
      writer.u53(term);
      writer.u53(source);
      writer.u53(id);
      writer.boolean(index !== null);
      if (index !== null) writer.u53(index);
    },
    read: (reader) => ({
      type: 'ReadIndexReply',
      term: reader.u53(),
      source: reader.u53(),
      id: reader.u53(),
      index: reader.boolean() ? reader.u53() : null,
    }),
  },
  Propose: {
    code: 0x1a,
    schema: proposeSchema,
    size: ({ proposals }) => fixedBytes + proposals.reduce((sum, { data }) => sum + 16 + data.length, 0),
    write(writer, { term, source, floor, proposals }) {
      writer.u53(term);
      writer.u53(source);
      writer.u53(floor);
      for (const { id, data } of proposals) {
        writer.u53(id);
        writer.bytes(data);
      }
    },
    read: (reader) => ({
      type: 'Propose',
      term: reader.u53(),
      source: reader.u53(),
      floor: reader.u53(),
      proposals: readList(reader, () => ({ id: reader.u53(), data: reader.bytes() })),
    }),
  },
  ProposeReply: {
    code: 0x1b,
    schema: proposeReplySchema,
    size: ({ results }) => fixedBytes + results.length * 32,
    write(writer, { term, source, results }) {
      writer.u53(term);
      writer.u53(source);
      for (const result of results) writeProposeResult(writer, result);
    },
    read: (reader) => ({
      type: 'ProposeReply',
      term: reader.u53(),
      source: reader.u53(),
      results: readList(reader, readProposeResult),
    }),
  },
  Form: {
    code: 0x1c,
    schema: formSchema,
    size: ({ entries }) => 41 + entriesBytes(entries),
    write(writer, { term, clusterId, entries }) {
      writer.u53(term);
      writer.string(clusterId);
      writeEntries(writer, entries);
    },
    read: (reader) => ({ type: 'Form', term: reader.u53(), clusterId: reader.string(), entries: readEntries(reader) }),
  },
};

const codecsByCode = new Map<number, Codec<Message>>();
for (const codec of Object.values(codecs) as Codec<Message>[]) codecsByCode.set(codec.code, codec);

/** The frame type of a message. */
export function messageCode(message: Message): number {
  return codecs[message.type].code;
}

/** How many bytes the message's payload takes: exact if it carries entries, else about. */
export function messageBytes(message: Message): number {
  const codec = codecs[message.type] as Codec<Message>;
  return codec.size?.(message) ?? fixedBytes;
}

/** Writes a message's payload. */
export function writeMessage(writer: Writer, message: Message): void {
  (codecs[message.type] as Codec<Message>).write(writer, message);
}

/** The message of frame type `code` in the rest of `reader`, passed through its schema; undefined if the type is unknown. */
export function readMessage(reader: Reader, code: number): Message | undefined {
  const codec = codecsByCode.get(code);
  if (!codec) return undefined;
  const message = codec.read(reader);
  reader.end();
  return parse(codec.schema, message, message.type);
}

function entriesBytes(entries: readonly Entry[]): number {
  let sum = 0;
  for (const entry of entries) sum += entry.bytes.length;
  return sum;
}

function writeEntries(writer: Writer, entries: readonly Entry[]): void {
  for (const entry of entries) writer.raw(entry.bytes);
}

function readEntries(reader: Reader): Entry[] {
  const bytes = reader.rest();
  const entries: Entry[] = [];
  for (let offset = 0; offset < bytes.length; ) {
    const entry = decodeEntry(bytes, offset);
    entries.push(entry);
    offset += entry.bytes.length;
  }
  return entries;
}

function readList<Item>(reader: Reader, read: (reader: Reader) => Item): Item[] {
  const items: Item[] = [];
  while (reader.remaining > 0) items.push(read(reader));
  return items;
}

function writeSnapshotMeta(writer: Writer, meta: SnapshotMeta): void {
  writer.u53(meta.lastIncludedIndex);
  writer.u53(meta.lastIncludedTerm);
  writer.u53(meta.configurationIndex);
  writeConfiguration(writer, meta.configuration);
}

function readSnapshotMeta(reader: Reader): SnapshotMeta {
  return {
    lastIncludedIndex: reader.u53(),
    lastIncludedTerm: reader.u53(),
    configurationIndex: reader.u53(),
    configuration: readConfiguration(reader),
  };
}

type ProposeResult = MessageOf<'ProposeReply'>['results'][number];

const appendedCode = 0;
/** Frozen like the frame types. */
const rejectionCodes: Readonly<Record<Rejection, number>> = { noLeader: 1, notLeader: 2, overloaded: 3, tooLarge: 4, stopped: 5, timeout: 6 };
const rejectionsByCode = new Map(Object.entries(rejectionCodes).map(([reason, code]) => [code, reason as Rejection]));

function writeProposeResult(writer: Writer, result: ProposeResult): void {
  writer.u53(result.id);
  if (result.outcome === 'appended') {
    writer.u8(appendedCode);
    writer.u53(result.index);
    writer.u53(result.term);
  } else {
    writer.u8(rejectionCodes[result.reason]);
  }
}

function readProposeResult(reader: Reader): ProposeResult {
  const id = reader.u53();
  const code = reader.u8();
  if (code === appendedCode) return { outcome: 'appended', id, index: reader.u53(), term: reader.u53() };
  const reason = rejectionsByCode.get(code);
  if (!reason) throw new RaftError('malformed', `unknown outcome ${code} of a proposal`);
  return { outcome: 'rejected', id, reason };
}
