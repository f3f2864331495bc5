import { RaftError } from '@raft/wire';
import * as z from 'zod';

const kib = 1024;
const mib = 1024 * kib;

const positive = z
  .number()
  .int()
  .min(1)
  .max(2 ** 31 - 1);

/**
 * Options of a node, all optional. Times are in milliseconds, sizes in bytes of entries as encoded.
 *
 * The table in this package's README is checked against this schema.
 */
export const configSchema = z
  .strictObject({
    /** A follower that hears no leader for one to two times this long campaigns (paper §5.2). */
    electionTimeoutMs: positive.default(1000),
    /** How often a leader that has nothing to say says so. */
    heartbeatIntervalMs: positive.default(100),
    /** AppendEntries under way to one follower, at most. */
    maxInflightMessages: positive.default(256),
    /** Bytes of entries under way to one follower, and of proposals under way to the leader, at most. */
    maxInflightBytes: positive.default(16 * mib),
    /** Bytes of entries in one AppendEntries, unless a single entry is larger. */
    maxAppendBytes: positive.max(16 * mib).default(mib),
    /** The largest command that `propose` takes. */
    maxProposalBytes: positive.max(16 * mib).default(mib),
    /** Entries appended by a leader and not committed, or not on its own disk: above this it rejects proposals as `overloaded`. */
    maxUncommittedEntries: positive.default(65_536),
    /** The same in bytes. */
    maxUncommittedBytes: positive.default(64 * mib),
    /** Proposals and reads that one node holds open, at most; above it they are rejected as `overloaded`. */
    maxPendingRequests: positive.default(65_536),
    /** Bodies of entries that stay in memory; older ones come from storage. */
    maxCachedBytes: positive.default(32 * mib),
    /** Committed entries handed to the applier and not applied, at most. */
    maxApplyingEntries: positive.default(4096),
    /** How long the applier works before other work gets a turn. */
    applySliceMs: positive.default(5),
    /** A snapshot is taken when this many entries were applied since the last one; 0: only when asked for. */
    snapshotEveryEntries: z
      .number()
      .int()
      .min(0)
      .max(2 ** 31 - 1)
      .default(10_000),
    /** Entries that compaction leaves behind the snapshot, so that a follower a little behind needs none. */
    trailingEntries: z
      .number()
      .int()
      .min(0)
      .max(2 ** 31 - 1)
      .default(1000),
    /** Bytes of a snapshot in one InstallSnapshot. */
    snapshotChunkBytes: positive.max(4 * mib).default(256 * kib),
    /** How long a proposal whose fate is unclear is waited for: then its outcome is unknown. Default: 5 election time-outs. */
    outcomeTimeoutMs: positive.optional(),
    /** A write that takes longer stalls the node: it gives up leadership until the write completes. Default: 3 election time-outs. */
    stallTimeoutMs: positive.optional(),
  })
  .refine((config) => config.heartbeatIntervalMs * 2 <= config.electionTimeoutMs, {
    message: 'at most half of electionTimeoutMs',
    path: ['heartbeatIntervalMs'],
  })
  .transform((config) => ({
    ...config,
    outcomeTimeoutMs: config.outcomeTimeoutMs ?? 5 * config.electionTimeoutMs,
    stallTimeoutMs: config.stallTimeoutMs ?? 3 * config.electionTimeoutMs,
  }));

/** What a user may give. */
export type ConfigInput = z.input<typeof configSchema>;
/** With every default filled in. */
export type Config = Readonly<z.output<typeof configSchema>>;

/** Checks options and fills in defaults; throws `invalidArgument` naming each option that is wrong, and its value. */
export function parseConfig(input: ConfigInput = {}): Config {
  const parsed = configSchema.safeParse(input);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => {
    const option = issue.path.join('.');
    const value = (input as Record<string, unknown>)[option];
    return option === '' ? issue.message : `${option} = ${JSON.stringify(value)}: ${issue.message}`;
  });
  throw new RaftError('invalidArgument', `bad configuration: ${problems.join('; ')}`);
}
