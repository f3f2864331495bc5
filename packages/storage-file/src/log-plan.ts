import type { WriteBatch } from '@raft/core';
import type { Bytes, Entry, SnapshotMeta } from '@raft/wire';
import { batchHeaderBytes } from './batch-codec.ts';
import { invalid } from './failures.ts';
import { type BatchRecord, encodeRecord, type SnapshotRef } from './record-codec.ts';
import type { TermOutline } from './term-outline.ts';

/** A batch that was found right, with all that the disk is to hold of it. */
export interface PlannedBatch {
  readonly record: BatchRecord;
  readonly recordBytes: Bytes;
  readonly entries: readonly Entry[];
  /** On the disk. */
  readonly bytes: number;
  /** Last index of the log behind this batch. */
  readonly lastIndex: number;
}

/** Largest batch on the disk: its length is kept in 32 bits, and it is held in memory whole. */
const maxBatchBytes = 1024 * 1024 * 1024;

/** The log as it will be when all that was asked for is written: each batch is checked against it, at once. */
export class LogPlan {
  readonly #outline: TermOutline;
  #snapshot: SnapshotMeta | undefined;

  constructor(outline: TermOutline, snapshot: SnapshotMeta | undefined) {
    this.#outline = outline;
    this.#snapshot = snapshot;
  }

  /** Takes the batch in, or throws `invalidArgument` and changes nothing. `snapshot` is where the batch's snapshot lies. */
  accept(batch: WriteBatch, snapshot: SnapshotRef | undefined): PlannedBatch {
    const outline = this.#outline;
    const dropsLog = snapshot !== undefined && this.#dropsLog(snapshot.meta);
    const covered = snapshot?.meta ?? this.#snapshot;
    const { firstIndex, lastIndex } = dropsLog ? behind(snapshot.meta.lastIncludedIndex) : outline;
    const { truncateFrom } = batch;
    const lowest = Math.max(firstIndex, (covered?.lastIncludedIndex ?? 0) + 1);
    if (truncateFrom !== undefined && !(Number.isSafeInteger(truncateFrom) && truncateFrom >= lowest)) {
      throw invalid(`truncateFrom ${truncateFrom} is below ${lowest}: the snapshot covers it`);
    }
    const truncates = truncateFrom !== undefined && truncateFrom <= lastIndex;
    const keptIndex = truncates ? truncateFrom - 1 : lastIndex;
    const keptTerm = dropsLog ? undefined : outline.termAt(keptIndex);
    checkEntries(batch.entries, keptIndex, keptTerm ?? covered?.lastIncludedTerm ?? 0);
    const record = recordOf(batch, { snapshot, dropsLog, truncateFrom: truncates ? truncateFrom : undefined });
    const recordBytes = encodeRecord(record);
    const bytes = batch.entries.reduce((sum, entry) => sum + entry.bytes.length, batchHeaderBytes + recordBytes.length);
    if (bytes > maxBatchBytes) throw invalid(`a batch may have ${maxBatchBytes} bytes, not ${bytes}`);

    if (snapshot) this.#snapshot = snapshot.meta;
    if (dropsLog) outline.reset(snapshot.meta.lastIncludedIndex);
    if (truncates) outline.truncateFrom(truncateFrom);
    for (const entry of batch.entries) outline.append(entry.term);
    return { record, recordBytes, entries: batch.entries, bytes, lastIndex: outline.lastIndex };
  }

  compact(index: number): void {
    this.#outline.compact(index);
  }

  /** Paper, Figure 13, rules 6 and 7. */
  #dropsLog({ lastIncludedIndex, lastIncludedTerm }: SnapshotMeta): boolean {
    const current = this.#snapshot;
    if (current && lastIncludedIndex < current.lastIncludedIndex) {
      throw invalid(`the snapshot of index ${lastIncludedIndex} is older than the current one, of ${current.lastIncludedIndex}`);
    }
    const term = this.#outline.termAt(lastIncludedIndex);
    if (term !== undefined) return term !== lastIncludedTerm;
    // A log that was compacted up to the current snapshot's very end holds that end, too.
    return !(current?.lastIncludedIndex === lastIncludedIndex && current.lastIncludedTerm === lastIncludedTerm);
  }
}

function behind(index: number): { readonly firstIndex: number; readonly lastIndex: number } {
  return { firstIndex: index + 1, lastIndex: index };
}

function checkEntries(entries: readonly Entry[], lastIndex: number, lastTerm: number): void {
  let index = lastIndex;
  let term = lastTerm;
  for (const entry of entries) {
    if (entry.index !== index + 1) throw invalid(`entry ${entry.index} where ${index + 1} must follow`);
    if (entry.term < term) throw invalid(`entry ${entry.index} has term ${entry.term} behind term ${term}`);
    index += 1;
    term = entry.term;
  }
}

function recordOf(
  batch: WriteBatch,
  decided: { readonly snapshot: SnapshotRef | undefined; readonly dropsLog: boolean; readonly truncateFrom: number | undefined },
): BatchRecord {
  return {
    ...(batch.hardState && { hardState: batch.hardState }),
    ...(batch.clusterId !== undefined && { clusterId: batch.clusterId }),
    ...(batch.commitIndex !== undefined && { commitIndex: batch.commitIndex }),
    ...(decided.snapshot && { snapshot: decided.snapshot }),
    ...(decided.dropsLog && { dropsLog: true }),
    ...(decided.truncateFrom !== undefined && { truncateFrom: decided.truncateFrom }),
  };
}
