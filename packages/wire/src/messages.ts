import * as z from 'zod';
import { clusterIdSchema, counterSchema } from './ids.ts';
import { bytesSchema, entriesSchema, proposalsSchema, proposeResultsSchema } from './message-lists.ts';
import { snapshotMetaSchema } from './snapshot.ts';

// One schema per RPC and reply; its `type` is the paper's name. No message names its sender: the transport's handshake
// proved who that is. `term` is the sender's currentTerm unless a comment says otherwise.

/** Would you vote for me in `term + 1`? Moves no term (thesis §9.6). `round` numbers the asker's attempts. */
export const preVoteSchema = z.strictObject({
  type: z.literal('PreVote'),
  term: counterSchema,
  round: counterSchema,
  lastLogIndex: counterSchema,
  lastLogTerm: counterSchema,
});

/** `term` is the answerer's own: a higher one is adopted by the asker. */
export const preVoteReplySchema = z.strictObject({
  type: z.literal('PreVoteReply'),
  term: counterSchema,
  round: counterSchema,
  granted: z.boolean(),
});

/** Paper, Figure 2. */
export const requestVoteSchema = z.strictObject({
  type: z.literal('RequestVote'),
  term: counterSchema,
  lastLogIndex: counterSchema,
  lastLogTerm: counterSchema,
});

/** Paper, Figure 2. A grant leaves when the vote, and all that was appended before it, is durable. */
export const requestVoteReplySchema = z.strictObject({
  type: z.literal('RequestVoteReply'),
  term: counterSchema,
  granted: z.boolean(),
});

/**
 * Paper, Figure 2; without entries it is the heartbeat. `round` numbers read rounds (thesis §6.4) within the leader's term.
 * The entries go on where prevLogIndex ends, and none is of a later term than the leader's.
 */
export const appendEntriesSchema = z
  .strictObject({
    type: z.literal('AppendEntries'),
    term: counterSchema,
    round: counterSchema,
    prevLogIndex: counterSchema,
    prevLogTerm: counterSchema,
    leaderCommit: counterSchema,
    entries: entriesSchema,
  })
  .refine(({ term, prevLogIndex, prevLogTerm, entries }) => {
    const first = entries[0];
    const last = entries[entries.length - 1];
    return !first || !last || (first.index === prevLogIndex + 1 && first.term >= prevLogTerm && last.term <= term);
  }, 'the entries must follow prevLogIndex and prevLogTerm, and not be of a later term than the leader');

/**
 * Success: the log is durable here and equal to the leader's up to `matchIndex`. Failure: the entry at the request's
 * prevLogIndex (`prevLogIndex`, echoed) is missing or of another term; `conflictIndex` is the largest index here, not
 * above it, whose term `conflictTerm` is not above the request's prevLogTerm: the leader need look no higher.
 */
export const appendEntriesReplySchema = z.discriminatedUnion('success', [
  z.strictObject({
    type: z.literal('AppendEntriesReply'),
    term: counterSchema,
    round: counterSchema,
    success: z.literal(true),
    matchIndex: counterSchema,
  }),
  z.strictObject({
    type: z.literal('AppendEntriesReply'),
    term: counterSchema,
    round: counterSchema,
    success: z.literal(false),
    prevLogIndex: counterSchema,
    conflictIndex: counterSchema,
    conflictTerm: counterSchema,
  }),
]);

/** Paper, Figure 13, one chunk. `transfer` numbers a leader's transfers within its term, so that chunks of two snapshots never mix. */
export const installSnapshotSchema = z.strictObject({
  type: z.literal('InstallSnapshot'),
  term: counterSchema,
  round: counterSchema,
  transfer: counterSchema,
  meta: snapshotMetaSchema,
  offset: counterSchema,
  data: bytesSchema,
  done: z.boolean(),
});

/** Bytes stored so far (the offset wanted next), and whether the whole snapshot is durable and in force. */
export const installSnapshotReplySchema = z.strictObject({
  type: z.literal('InstallSnapshotReply'),
  term: counterSchema,
  round: counterSchema,
  transfer: counterSchema,
  nextOffset: counterSchema,
  installed: z.boolean(),
});

/** A follower asks its leader for a read index (thesis §6.4). `source` is drawn at each start, so a late reply answers no later life. */
export const readIndexSchema = z.strictObject({
  type: z.literal('ReadIndex'),
  term: counterSchema,
  source: counterSchema,
  id: counterSchema,
});

/** Serve once `lastApplied` has reached `index`. */
export const readIndexReplySchema = z.strictObject({
  type: z.literal('ReadIndexReply'),
  term: counterSchema,
  source: counterSchema,
  id: counterSchema,
  /** null: not served; ask who leads. */
  index: counterSchema.nullable(),
});

/** Proposals that a follower forwards to the leader of `term`. Ids below `floor` are settled and will not come again. */
export const proposeSchema = z.strictObject({
  type: z.literal('Propose'),
  term: counterSchema,
  source: counterSchema,
  floor: counterSchema,
  proposals: proposalsSchema,
});

/** What became of each forwarded proposal; the follower's own apply gives the results. */
export const proposeReplySchema = z.strictObject({
  type: z.literal('ProposeReply'),
  term: counterSchema,
  source: counterSchema,
  results: proposeResultsSchema,
});

/** A formed node hands the first configuration to a blank node that it names (the forming of a cluster): the first entry of every log. */
export const formSchema = z.strictObject({
  type: z.literal('Form'),
  term: counterSchema,
  clusterId: clusterIdSchema,
  entries: entriesSchema.refine(([entry, ...more]) => {
    return entry?.kind === 'configuration' && entry.index === 1 && entry.term === 1 && more.length === 0;
  }, 'exactly one entry expected: a configuration, of index 1 and term 1'),
});

/** Every message. Decoders pick the schema by the frame's type instead: cheaper than a union of thirteen. */
export const messageSchema = z.discriminatedUnion('type', [
  preVoteSchema,
  preVoteReplySchema,
  requestVoteSchema,
  requestVoteReplySchema,
  appendEntriesSchema,
  appendEntriesReplySchema,
  installSnapshotSchema,
  installSnapshotReplySchema,
  readIndexSchema,
  readIndexReplySchema,
  proposeSchema,
  proposeReplySchema,
  formSchema,
]);

export type PreVote = z.infer<typeof preVoteSchema>;
export type PreVoteReply = z.infer<typeof preVoteReplySchema>;
export type RequestVote = z.infer<typeof requestVoteSchema>;
export type RequestVoteReply = z.infer<typeof requestVoteReplySchema>;
export type AppendEntries = z.infer<typeof appendEntriesSchema>;
export type AppendEntriesReply = z.infer<typeof appendEntriesReplySchema>;
export type InstallSnapshot = z.infer<typeof installSnapshotSchema>;
export type InstallSnapshotReply = z.infer<typeof installSnapshotReplySchema>;
export type ReadIndex = z.infer<typeof readIndexSchema>;
export type ReadIndexReply = z.infer<typeof readIndexReplySchema>;
export type Propose = z.infer<typeof proposeSchema>;
export type ProposeReply = z.infer<typeof proposeReplySchema>;
export type Form = z.infer<typeof formSchema>;
/** Everything that one node may say to another. */
export type Message = z.infer<typeof messageSchema>;
