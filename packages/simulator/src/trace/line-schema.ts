import * as z from 'zod';

const count = z.number().int().min(0);
const node = z.string().regex(/^n\d+$/);
/** [index, term] */
const place = z.tuple([count, count]);

/** The state variables of Figure 2 (and of `raft.tla`, by the same names but for `role`, there `state`). */
const figure2 = z.strictObject({
  role: z.enum(['follower', 'preCandidate', 'candidate', 'leader', 'stopped']),
  currentTerm: count,
  votedFor: node.nullable(),
  /** Runs of one term: [first index, term]; the last run ends at `lastIndex`. Under a snapshot that replaced the log the term is not known: 0. */
  log: z.array(place),
  lastIndex: count,
  commitIndex: count,
  lastApplied: count,
  /** Only while it leads; as of its last `ready`. */
  nextIndex: z.record(node, count).optional(),
  matchIndex: z.record(node, count).optional(),
});

const rpc = { term: count };
const asked = { ...rpc, candidateId: node, lastLogIndex: count, lastLogTerm: count };

const replied = { type: z.literal('AppendEntriesReply'), ...rpc, round: count };
/** What a refusal says besides lets the leader skip terms (§5.3). */
const appendEntriesReply = z.discriminatedUnion('success', [
  z.strictObject({ ...replied, success: z.literal(true), matchIndex: count }),
  z.strictObject({ ...replied, success: z.literal(false), prevLogIndex: count, conflictIndex: count, conflictTerm: count }),
]);

/** By the field names of the paper. `round`: which read round it belongs to (thesis §6.4). */
const message = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('PreVote'), ...asked, round: count }),
  z.strictObject({ type: z.literal('PreVoteReply'), ...rpc, voteGranted: z.boolean(), round: count }),
  z.strictObject({ type: z.literal('RequestVote'), ...asked }),
  z.strictObject({ type: z.literal('RequestVoteReply'), ...rpc, voteGranted: z.boolean() }),
  z.strictObject({
    type: z.literal('AppendEntries'),
    ...rpc,
    leaderId: node,
    prevLogIndex: count,
    prevLogTerm: count,
    entries: z.array(place),
    leaderCommit: count,
    round: count,
  }),
  appendEntriesReply,
  z.strictObject({
    type: z.literal('InstallSnapshot'),
    ...rpc,
    leaderId: node,
    lastIncludedIndex: count,
    lastIncludedTerm: count,
    offset: count,
    bytes: count,
    done: z.boolean(),
    transfer: count,
    round: count,
  }),
  z.strictObject({
    type: z.literal('InstallSnapshotReply'),
    ...rpc,
    installed: z.boolean(),
    nextOffset: count,
    transfer: count,
    round: count,
  }),
  z.strictObject({ type: z.literal('ReadIndex'), ...rpc, id: count }),
  z.strictObject({ type: z.literal('ReadIndexReply'), ...rpc, id: count, index: count.nullable() }),
  z.strictObject({ type: z.literal('Propose'), ...rpc, ids: z.array(count) }),
  z.strictObject({ type: z.literal('ProposeReply'), ...rpc, ids: z.array(count) }),
  z.strictObject({ type: z.literal('Form'), ...rpc, clusterId: z.string() }),
]);

/** `at`: microseconds of virtual time. `state`: the node's, once the event has happened. */
const atNode = { at: count, node, state: figure2 };

/** One line of the trace as NDJSON. See {@link ndjson}. */
export const traceLineSchema = z.discriminatedUnion('event', [
  z.strictObject({ event: z.literal('start'), ...atNode }),
  z.strictObject({ event: z.literal('crash'), ...atNode }),
  z.strictObject({ event: z.literal('receive'), ...atNode, from: node, message }),
  z.strictObject({ event: z.literal('step'), ...atNode }),
  z.strictObject({ event: z.literal('ready'), ...atNode }),
  z.strictObject({
    event: z.literal('write'),
    ...atNode,
    truncateFrom: count.optional(),
    snapshot: place.optional(),
    entries: z.array(place),
    hardState: z.strictObject({ currentTerm: count, votedFor: node.nullable() }).optional(),
  }),
  z.strictObject({ event: z.literal('send'), ...atNode, to: node, message }),
  z.strictObject({ event: z.literal('apply'), ...atNode, entry: place }),
  z.strictObject({ event: z.literal('restore'), ...atNode, lastIncludedIndex: count }),
  z.strictObject({
    event: z.literal('invoke'),
    at: count,
    client: count,
    operation: count,
    node,
    request: z.string(),
    key: z.string().optional(),
  }),
  z.strictObject({
    event: z.literal('return'),
    at: count,
    client: count,
    operation: count,
    outcome: z.enum(['ok', 'rejected', 'unknown']),
    index: count.optional(),
  }),
]);

export type TraceLine = z.infer<typeof traceLineSchema>;
export type Figure2 = z.infer<typeof figure2>;
export type PaperMessage = z.infer<typeof message>;
