import { type ClusterId, type HardState, initialHardState } from '@raft/wire';
import type { BatchRecord, SnapshotRef } from './record-codec.ts';

/** The state behind a batch, but for the log itself: what a new segment begins with. */
export interface LogState {
  readonly hardState: HardState;
  readonly clusterId: ClusterId | undefined;
  readonly commitIndex: number;
  readonly snapshot: SnapshotRef | undefined;
  /** Of the log, or of the snapshot when the log is empty. */
  readonly lastIndex: number;
}

/** Of a storage that was just formatted. */
export const initialLogState: LogState = {
  hardState: initialHardState,
  clusterId: undefined,
  commitIndex: 0,
  snapshot: undefined,
  lastIndex: 0,
};

/** The state behind a batch with this record. */
export function nextState(state: LogState, record: BatchRecord, lastIndex: number): LogState {
  return {
    hardState: record.hardState ?? state.hardState,
    clusterId: record.clusterId ?? state.clusterId,
    commitIndex: record.commitIndex ?? state.commitIndex,
    snapshot: record.snapshot ?? state.snapshot,
    lastIndex,
  };
}

/** What a segment begins with, so that those before it may go once a snapshot covers them. */
export function startRecord(state: LogState): BatchRecord {
  return {
    hardState: state.hardState,
    commitIndex: state.commitIndex,
    lastIndex: state.lastIndex,
    ...(state.clusterId !== undefined && { clusterId: state.clusterId }),
    ...(state.snapshot && { snapshot: state.snapshot }),
  };
}

/** The state that a start says. */
export function startState(record: BatchRecord): LogState {
  return { ...nextState(initialLogState, record, record.lastIndex ?? 0) };
}
