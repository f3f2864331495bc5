import type { WriteBatch } from '@raft/core';
import { type ClusterId, clusterIdSchema, type Entry, type HardState, hardStateSchema, type SnapshotMeta } from '@raft/wire';
import { invalid } from './failures.ts';
import type { LogTerms } from './log-terms.ts';

/** A committed snapshot, and the number under which it is stored. */
export interface SnapshotRef {
  readonly number: number;
  readonly meta: SnapshotMeta;
  /** Bytes of its data. */
  readonly size: number;
}

/** A batch that was found right. Its parts take effect in the order snapshot, keepThrough, entries. */
export interface PlannedBatch {
  readonly hardState: HardState | undefined;
  readonly clusterId: ClusterId | undefined;
  readonly commitIndex: number | undefined;
  readonly snapshot: SnapshotRef | undefined;
  /** Entries behind this one go; Infinity when none does, 0 when all do. */
  readonly keepThrough: number;
  readonly entries: readonly Entry[];
  /** Of the log behind this batch. */
  readonly lastIndex: number;
}

/** The log as it will be when all that was asked for is durable: each batch is checked against it, at once. */
export class LogPlan {
  readonly #terms: LogTerms;
  #snapshot: SnapshotMeta | undefined;

  constructor(terms: LogTerms, snapshot: SnapshotMeta | undefined) {
    this.#terms = terms;
    this.#snapshot = snapshot;
  }

  /** Takes the batch in, or throws `invalidArgument` and changes nothing. `snapshot` is where the batch's snapshot is stored. */
  accept(batch: WriteBatch, snapshot: SnapshotRef | undefined): PlannedBatch {
    const { hardState, clusterId, commitIndex, truncateFrom, entries } = batch;
    checkScalars(batch);
    const terms = this.#terms;
    const drops = snapshot !== undefined && this.#drops(snapshot.meta);
    const covered = snapshot?.meta ?? this.#snapshot;
    const lowest = (covered?.lastIncludedIndex ?? 0) + 1;
    if (truncateFrom !== undefined && !(Number.isSafeInteger(truncateFrom) && truncateFrom >= lowest)) {
      throw invalid(`truncateFrom ${truncateFrom} is below ${lowest}: the snapshot covers it`);
    }
    const oldLast = drops ? snapshot.meta.lastIncludedIndex : terms.lastIndex;
    const truncates = truncateFrom !== undefined && truncateFrom <= oldLast;
    const kept = truncates ? truncateFrom - 1 : oldLast;
    checkEntries(entries, kept, (drops ? undefined : terms.termAt(kept)) ?? covered?.lastIncludedTerm ?? 0);

    if (snapshot) this.#snapshot = snapshot.meta;
    if (drops) terms.reset(kept);
    terms.keepThrough(kept);
    for (const { term } of entries) terms.append(term);
    const cut = truncates ? kept : Number.POSITIVE_INFINITY;
    return { hardState, clusterId, commitIndex, snapshot, keepThrough: drops ? 0 : cut, entries, lastIndex: terms.lastIndex };
  }

  /** The entries before `index` are gone. */
  keepFrom(index: number): void {
    this.#terms.keepFrom(index);
  }

  /** Paper, Figure 13, rules 6 and 7. */
  #drops({ lastIncludedIndex, lastIncludedTerm }: SnapshotMeta): boolean {
    const current = this.#snapshot;
    if (current && lastIncludedIndex < current.lastIncludedIndex) {
      throw invalid(`the snapshot of index ${lastIncludedIndex} is older than the current one, of ${current.lastIncludedIndex}`);
    }
    // A log that was compacted up to the current snapshot's very end holds that end, too.
    const held = lastIncludedIndex === current?.lastIncludedIndex ? current.lastIncludedTerm : undefined;
    return (this.#terms.termAt(lastIncludedIndex) ?? held) !== lastIncludedTerm;
  }
}

/** What could not be read again must not be written. */
function checkScalars({ hardState, clusterId, commitIndex }: WriteBatch): void {
  if (hardState && !hardStateSchema.safeParse(hardState).success) throw invalid(`bad hard state ${JSON.stringify(hardState)}`);
  if (clusterId !== undefined && !clusterIdSchema.safeParse(clusterId).success) throw invalid(`bad clusterId ${clusterId}`);
  if (commitIndex !== undefined && !(Number.isSafeInteger(commitIndex) && commitIndex >= 0))
    throw invalid(`bad commitIndex ${commitIndex}`);
}

function checkEntries(entries: readonly Entry[], lastIndex: number, lastTerm: number): void {
  let index = lastIndex;
  let term = lastTerm;
  for (const entry of entries) {
    index += 1;
    if (entry.index !== index) throw invalid(`entry ${entry.index} where ${index} must follow`);
    if (entry.term < term) throw invalid(`entry ${entry.index} has term ${entry.term} behind term ${term}`);
    term = entry.term;
  }
}
