import type { WriteBatch } from '@raft/core';
import { RaftError, type SnapshotMeta } from '@raft/wire';
import type { DiskState } from './memory-disk.ts';

/** Checks the whole batch, then changes the state: all of it or, when this throws, nothing. */
export function applyBatch(state: DiskState, batch: WriteBatch): void {
  const snapshot = batch.snapshot && findCommitted(state, batch.snapshot);
  let { firstIndex } = state;
  let kept = state.entries.length;
  if (batch.snapshot && !holdsLastIncluded(state, batch.snapshot)) {
    firstIndex = batch.snapshot.lastIncludedIndex + 1;
    kept = 0;
  }
  if (batch.truncateFrom !== undefined) {
    const lowest = Math.max(firstIndex, ((batch.snapshot ?? state.snapshot?.meta)?.lastIncludedIndex ?? 0) + 1);
    if (batch.truncateFrom < lowest) throw invalid(`truncateFrom ${batch.truncateFrom} is below ${lowest}: the snapshot covers it`);
    kept = Math.min(kept, batch.truncateFrom - firstIndex);
  }
  const lastTerm = kept > 0 ? state.entries[kept - 1]?.term : (batch.snapshot ?? state.snapshot?.meta)?.lastIncludedTerm;
  checkEntries(batch, firstIndex + kept, lastTerm ?? 0);

  const unchanged = firstIndex === state.firstIndex && kept === state.entries.length;
  if (!unchanged) state.entries = state.entries.slice(0, kept);
  for (const entry of batch.entries) state.entries.push(entry);
  state.firstIndex = firstIndex;
  if (snapshot) {
    state.snapshot = snapshot;
    state.committed = state.committed.filter((other) => other !== snapshot);
  }
  if (batch.hardState) state.hardState = batch.hardState;
  if (batch.clusterId !== undefined) state.clusterId = batch.clusterId;
  if (batch.commitIndex !== undefined) state.commitIndex = batch.commitIndex;
}

function findCommitted(state: DiskState, meta: SnapshotMeta) {
  const found = state.committed.findLast(
    (snapshot) => snapshot.meta.lastIncludedIndex === meta.lastIncludedIndex && snapshot.meta.lastIncludedTerm === meta.lastIncludedTerm,
  );
  if (!found) throw invalid(`no committed snapshot of index ${meta.lastIncludedIndex}, term ${meta.lastIncludedTerm}`);
  const current = state.snapshot?.meta.lastIncludedIndex ?? 0;
  if (meta.lastIncludedIndex < current)
    throw invalid(`snapshot of index ${meta.lastIncludedIndex} is older than the current one, ${current}`);
  return found;
}

function holdsLastIncluded(state: DiskState, { lastIncludedIndex, lastIncludedTerm }: SnapshotMeta): boolean {
  const entry = state.entries[lastIncludedIndex - state.firstIndex];
  if (entry) return entry.term === lastIncludedTerm;
  // A log that begins just behind a snapshot of the same place holds that place too.
  const current = state.snapshot?.meta;
  return current?.lastIncludedIndex === lastIncludedIndex && current.lastIncludedTerm === lastIncludedTerm;
}

function checkEntries(batch: WriteBatch, nextIndex: number, lastTerm: number): void {
  let index = nextIndex;
  let term = lastTerm;
  for (const entry of batch.entries) {
    if (entry.index !== index) throw invalid(`entry ${entry.index} where ${index} must follow`);
    if (entry.term < term) throw invalid(`entry ${entry.index} has term ${entry.term} behind term ${term}`);
    index += 1;
    term = entry.term;
  }
}

function invalid(message: string): RaftError {
  return new RaftError('invalidArgument', message);
}
