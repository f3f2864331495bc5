import { acknowledgedEqualsLeader } from './acknowledged-equals-leader.ts';
import { durableBeforeSent } from './durable-before-sent.ts';
import { oneLeaderPerTerm } from './i01-one-leader-per-term.ts';
import { oneVotePerTerm } from './i02-one-vote-per-term.ts';
import { leaderCompleteness } from './i03-leader-completeness.ts';
import { logMatching } from './i04-log-matching.ts';
import { committedIsDurable } from './i05-committed-is-durable.ts';
import { ownTermByCounting } from './i06-own-term-by-counting.ts';
import { committedStays } from './i07-committed-stays.ts';
import { stateMachineSafety } from './i08-state-machine-safety.ts';
import { sameState } from './i09-same-state.ts';
import { onlyGrows } from './i10-only-grows.ts';
import { indicesInOrder } from './i11-indices-in-order.ts';
import { configurationInForce } from './i12-configuration-in-force.ts';
import { oneConfigurationInChange } from './i13-one-configuration-in-change.ts';
import { linearizable } from './i15-linearizable.ts';
import { repliesBelong } from './i16-replies-belong.ts';
import { appliedOnce } from './i17-applied-once.ts';
import { recoveryIsWhole } from './i18-recovery-is-whole.ts';
import { bounded } from './i20-bounded.ts';
import type { Invariant } from './invariant.ts';
import { leaderAppendOnly } from './leader-append-only.ts';
import { namedPairs } from './named-pairs.ts';
import { readIndex } from './read-index.ts';
import { storageContract } from './storage-contract.ts';
import { tickets } from './tickets.ts';
import { wholeSnapshots } from './whole-snapshots.ts';

/** An invariant whose feature is not there yet. */
export interface WaitingInvariant {
  readonly id: string;
  readonly name: string;
  readonly paper: string;
  readonly tla?: string;
  readonly waitsFor: string;
}

/** One that no observer can see. `by`: who looks at it. */
export interface ElsewhereInvariant {
  readonly id: string;
  readonly name: string;
  readonly paper: string;
  readonly tla?: string;
  readonly by: string;
}

export type InvariantRow = Invariant | WaitingInvariant | ElsewhereInvariant;

/** All of them, by their numbers and then by name. */
export const invariantRows: readonly InvariantRow[] = [
  oneLeaderPerTerm,
  oneVotePerTerm,
  leaderCompleteness,
  logMatching,
  committedIsDurable,
  ownTermByCounting,
  committedStays,
  stateMachineSafety,
  sameState,
  onlyGrows,
  indicesInOrder,
  configurationInForce,
  oneConfigurationInChange,
  { id: 'I14', name: 'at a lease read no leader of a higher term exists', paper: 'thesis §6.4.1', waitsFor: 'leases' },
  linearizable,
  repliesBelong,
  appliedOnce,
  recoveryIsWhole,
  { id: 'I19', name: 'an idle cluster sends at most 2(n−1) messages per heartbeat', paper: '§5.2', by: 'the liveness phase' },
  bounded,
  { id: 'I21', name: 'the same seed gives the same digest', paper: 'this design', by: 'a second run of the seed' },
  { id: 'I22', name: 'nothing throws, no promise is rejected unseen', paper: 'this design', by: 'whoever runs the seed' },
  leaderAppendOnly,
  durableBeforeSent,
  acknowledgedEqualsLeader,
  namedPairs,
  readIndex,
  storageContract,
  tickets,
  wholeSnapshots,
];

/** Those that are watched in every history. */
export const invariants: readonly Invariant[] = invariantRows.filter((row) => 'watch' in row);

/** The table for a README: invariant, paper, TLA+, and what of it waits or is seen elsewhere. */
export function invariantTable(): string {
  const lines = invariantRows.map(({ id, name, paper, tla, ...row }) => {
    return `| ${id} | ${name} | ${paper} | ${tla === undefined ? '–' : `\`${tla.replaceAll(', ', '`, `')}\``} | ${seenBy(row)} |`;
  });
  return ['| id | what always holds | paper | TLA+ | seen by |', '| --- | --- | --- | --- | --- |', ...lines].join('\n');
}

function seenBy(row: { readonly waitsFor?: string; readonly partWaitsFor?: string; readonly by?: string }): string {
  if (row.waitsFor !== undefined) return `waits for ${row.waitsFor}`;
  if (row.by !== undefined) return row.by;
  return row.partWaitsFor === undefined ? 'an observer' : `an observer; a part waits for ${row.partWaitsFor}`;
}
