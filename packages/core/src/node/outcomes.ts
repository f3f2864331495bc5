import type { NodeId, Rejection } from '@raft/wire';

/**
 * What became of a proposal.
 *
 * - committed: it was applied here, as the entry at `index`.
 * - rejected: nothing happened, and nothing will. It may be proposed again. `noLeader`, `notLeader`: nobody took it;
 *   `overloaded`, `tooLarge`: a limit of `config`; `superseded`: another leader's entry stands where it was appended;
 *   `aborted`, `closed`, `stopped`: it ended before it was handed over.
 * - unknown: it may have been applied, or may still be. Proposing it again could apply it twice. `timeout`: nothing was heard of it for
 *   `outcomeTimeoutMs`; `passedBySnapshot`: the state came as a snapshot, and whether it is part of that can't be told;
 *   `aborted`, `closed`, `stopped`: it was on its way.
 */
export type ProposeOutcome<Result> =
  | { readonly outcome: 'committed'; readonly index: number; readonly result: Result }
  | { readonly outcome: 'rejected'; readonly code: Rejection | 'closed' | 'aborted' | 'superseded'; readonly leaderId?: NodeId }
  | { readonly outcome: 'unknown'; readonly code: 'timeout' | 'aborted' | 'closed' | 'stopped' | 'passedBySnapshot' };

/** What became of a read: reads change nothing, so they are never unknown. `timeout`: nobody confirmed an index in time. */
export type ReadOutcome<Answer> =
  | { readonly outcome: 'served'; readonly index: number; readonly value: Answer }
  | { readonly outcome: 'rejected'; readonly code: Rejection | 'closed' | 'aborted'; readonly leaderId?: NodeId };
