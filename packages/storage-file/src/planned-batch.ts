import type { WriteBatch } from '@raft/core';
import type { LogChange, LogPlan } from '@raft/core/storages';
import type { Bytes, Entry } from '@raft/wire';
import { batchHeaderBytes } from './batch-codec.ts';
import { invalid } from './failures.ts';
import { type BatchRecord, encodeRecord, type SnapshotRef } from './record-codec.ts';

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

/** Takes the batch into the plan, or throws `invalidArgument` and changes nothing. `snapshot` is where the batch's snapshot lies. */
export function planBatch(plan: LogPlan, batch: WriteBatch, snapshot: SnapshotRef | undefined): PlannedBatch {
  const change = plan.check(batch);
  const record = recordOf(batch, change, snapshot);
  const recordBytes = encodeRecord(record);
  const bytes = batch.entries.reduce((sum, entry) => sum + entry.bytes.length, batchHeaderBytes + recordBytes.length);
  if (bytes > maxBatchBytes) throw invalid(`a batch may have ${maxBatchBytes} bytes, not ${bytes}`);
  plan.take(batch, change);
  return { record, recordBytes, entries: batch.entries, bytes, lastIndex: change.lastIndex };
}

function recordOf(batch: WriteBatch, { dropsLog, truncateFrom }: LogChange, snapshot: SnapshotRef | undefined): BatchRecord {
  return {
    ...(batch.hardState && { hardState: batch.hardState }),
    ...(batch.clusterId !== undefined && { clusterId: batch.clusterId }),
    ...(batch.commitIndex !== undefined && { commitIndex: batch.commitIndex }),
    ...(snapshot && { snapshot }),
    ...(dropsLog && { dropsLog }),
    ...(truncateFrom !== undefined && { truncateFrom }),
  };
}
