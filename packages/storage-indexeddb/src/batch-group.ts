import type { Entry } from '@raft/wire';
import type { StateRecord } from './meta-records.ts';
import type { PlannedBatch } from './planned-batch.ts';

/** What batches that share a transaction come to. */
export interface GroupEffect {
  readonly state: StateRecord;
  /** Durable entries behind this one go first; Infinity when none does. */
  readonly keepThrough: number;
  /** Appended then. An entry that a later batch of the group takes back is never written. */
  readonly entries: readonly Entry[];
  /** Something of it has to be durable: a commit index alone has not. */
  readonly matters: boolean;
}

/** Batches in the order of their calls, on top of a state, as one. */
export function joinBatches(state: StateRecord, batches: readonly PlannedBatch[]): GroupEffect {
  let joined = state;
  let keepThrough = Number.POSITIVE_INFINITY;
  let entries: Entry[] = [];
  let matters = false;
  for (const batch of batches) {
    if (batch.keepThrough < Number.POSITIVE_INFINITY) {
      keepThrough = Math.min(keepThrough, batch.keepThrough);
      entries = entries.filter(({ index }) => index <= batch.keepThrough);
    }
    for (const entry of batch.entries) entries.push(entry);
    joined = {
      hardState: batch.hardState ?? joined.hardState,
      clusterId: batch.clusterId ?? joined.clusterId,
      commitIndex: batch.commitIndex ?? joined.commitIndex,
      snapshot: batch.snapshot?.number ?? joined.snapshot,
      lastIndex: batch.lastIndex,
    };
    matters ||= doesMatter(batch);
  }
  return { state: joined, keepThrough, entries, matters };
}

function doesMatter({ hardState, clusterId, snapshot, keepThrough, entries }: PlannedBatch): boolean {
  return Boolean(hardState || clusterId !== undefined || snapshot || entries.length > 0) || keepThrough < Number.POSITIVE_INFINITY;
}
