import type { Bytes } from '@raft/wire';

/** A committed command, as every node sees it. */
export interface Command {
  readonly index: number;
  readonly term: number;
  /** What was proposed. Immutable; may be kept (copy it if the whole batch that it came with should be freed). */
  readonly data: Bytes;
}

/**
 * What is replicated: a program that does the same on every node. It sees only commands, in order of index, one at a
 * time, each exactly once since the last `restore` or the start. Its state is volatile: each start rebuilds it from
 * snapshot and log.
 */
export interface StateMachine<Result = unknown, Query = never, Answer = unknown> {
  /**
   * Applies one command, deterministically: no clock, no chance, no I/O that others don't see the same. An expected failure
   * is a result; a throw or a rejection stops the node, since its state can no longer be trusted.
   */
  apply(command: Command): Result | Promise<Result>;
  /** Answers a question about the state as it is now; must not change it. */
  query?(input: Query): Answer | Promise<Answer>;
  /**
   * Captures the state before it returns: commands applied later must not show in chunks that are read later. A chunk's bytes may be
   * used again once the next chunk is asked for. Several snapshots may be read at the same time; one may be given up.
   */
  snapshot(): AsyncIterable<Bytes>;
  /**
   * Replaces the whole state, or rejects and leaves it as it was: also when the chunks break off with an error. The bytes are those of a
   * snapshot, cut anew: where a chunk ends means nothing. They are immutable and may be kept.
   */
  restore(chunks: AsyncIterable<Bytes>): Promise<void>;
}
