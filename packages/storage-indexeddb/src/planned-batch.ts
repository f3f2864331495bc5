import type { WriteBatch } from '@raft/core';
import type { LogPlan } from '@raft/core/storages';
import { type ClusterId, clusterIdSchema, type Entry, type HardState, hardStateSchema } from '@raft/wire';
import { invalid } from './failures.ts';
import type { SnapshotRef } from './snapshot-codec.ts';

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

/** Takes the batch into the plan, or throws `invalidArgument` and changes nothing. `snapshot` is where the batch's snapshot is stored. */
export function planBatch(plan: LogPlan, batch: WriteBatch, snapshot: SnapshotRef | undefined): PlannedBatch {
  const { hardState, clusterId, commitIndex, entries } = batch;
  checkScalars(batch);
  const change = plan.check(batch);
  plan.take(batch, change);
  const { dropsLog, truncateFrom, lastIndex } = change;
  const keepThrough = dropsLog ? 0 : (truncateFrom ?? Number.POSITIVE_INFINITY) - 1;
  return { hardState, clusterId, commitIndex, snapshot, keepThrough, entries, lastIndex };
}

/** What could not be read again must not be written. */
function checkScalars({ hardState, clusterId, commitIndex }: WriteBatch): void {
  if (hardState && !hardStateSchema.safeParse(hardState).success) throw invalid(`bad hard state ${JSON.stringify(hardState)}`);
  if (clusterId !== undefined && !clusterIdSchema.safeParse(clusterId).success) throw invalid(`bad clusterId ${clusterId}`);
  if (commitIndex !== undefined && !(Number.isSafeInteger(commitIndex) && commitIndex >= 0))
    throw invalid(`bad commitIndex ${commitIndex}`);
}
