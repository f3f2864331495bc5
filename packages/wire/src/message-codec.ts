import type * as z from 'zod';
import {
  entriesBytes,
  readEntries,
  readProposals,
  readProposeResults,
  readSnapshotMeta,
  writeEntries,
  writeProposals,
  writeProposeResults,
  writeSnapshotMeta,
} from './message-fields.ts';
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
  readIndexReplySchema,
  readIndexSchema,
  requestVoteReplySchema,
  requestVoteSchema,
} from './messages.ts';
import type { Reader } from './reader.ts';
import { parse } from './validation.ts';
import type { Writer } from './writer.ts';

// Each message's fields in a fixed order, numbers in eight bytes; what has no fixed size comes last.

type MessageType = Message['type'];
type MessageOf<Type extends MessageType> = Extract<Message, { type: Type }>;

/** How one type of message becomes the payload of a frame, and back. */
interface Codec<M extends Message> {
  /** The frame's type. Frozen: a number is never used again for something else. */
  readonly code: number;
  readonly schema: z.ZodType<M>;
  /** Bytes of the payload: exact, so that the frame is made in one piece; for the rare messages that are hard to measure, about. */
  size(message: M): number;
  write(writer: Writer, message: M): void;
  /** The bare fields; the schema has the last word. */
  read(reader: Reader): M;
}

const codecs: { readonly [Type in MessageType]: Codec<MessageOf<Type>> } = {
  PreVote: {
    code: 0x10,
    schema: preVoteSchema,
    size: () => 32,
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
    size: () => 17,
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
    size: () => 24,
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
    size: () => 9,
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
    size: ({ success }) => (success ? 25 : 41),
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
    size: () => 33,
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
    size: () => 24,
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
    size: ({ index }) => (index === null ? 25 : 33),
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
    size: ({ proposals }) => 24 + proposals.reduce((sum, { data }) => sum + 16 + data.length, 0),
    write(writer, { term, source, floor, proposals }) {
      writer.u53(term);
      writer.u53(source);
      writer.u53(floor);
      writeProposals(writer, proposals);
    },
    read: (reader) => ({
      type: 'Propose',
      term: reader.u53(),
      source: reader.u53(),
      floor: reader.u53(),
      proposals: readProposals(reader),
    }),
  },
  ProposeReply: {
    code: 0x1b,
    schema: proposeReplySchema,
    size: ({ results }) => 16 + results.length * 25,
    write(writer, { term, source, results }) {
      writer.u53(term);
      writer.u53(source);
      writeProposeResults(writer, results);
    },
    read: (reader) => ({
      type: 'ProposeReply',
      term: reader.u53(),
      source: reader.u53(),
      results: readProposeResults(reader),
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

/** How many bytes the message's payload takes: exact for nearly all, else about. */
export function messageBytes(message: Message): number {
  return (codecs[message.type] as Codec<Message>).size(message);
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
