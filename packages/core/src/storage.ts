import type { Bytes, ClusterId, Configuration, Entry, HardState, SnapshotMeta, StorageId } from '@raft/wire';

/** A configuration entry of the log, with its place. */
export interface LocatedConfiguration {
  readonly index: number;
  readonly term: number;
  readonly configuration: Configuration;
}

/** Consecutive entries of one term, from `index` to the next run or the end of the log. */
export interface TermRun {
  readonly index: number;
  readonly term: number;
}

/** The log, without the bodies of its entries. */
export interface LogOutline {
  /** Index of the first entry that is kept; lastIndex + 1 when there is none. */
  readonly firstIndex: number;
  /** Index of the last entry; when there is none, the index that the next one would follow (0, or the snapshot's). */
  readonly lastIndex: number;
  /** In rising order of index and term; the first starts at firstIndex; empty when there is no entry. */
  readonly termRuns: readonly TermRun[];
  /** Every configuration entry in the log, in order of index. */
  readonly configurations: readonly LocatedConfiguration[];
}

/** Everything a node needs to start again. All of it is durable. */
export interface StorageState {
  readonly storageId: StorageId;
  readonly hardState: HardState;
  /** Missing until the node was formed or joined a cluster. */
  readonly clusterId?: ClusterId;
  /** A commit index that was reached once, 0 if unknown: never above the last entry or snapshot. */
  readonly commitIndex: number;
  /** The current snapshot. */
  readonly snapshot?: SnapshotMeta;
  readonly log: LogOutline;
}

/**
 * One atomic change of the durable state: after a crash all of it is there or none of it. Its parts take effect in
 * this order: snapshot, truncateFrom, entries.
 */
export interface WriteBatch {
  readonly hardState?: HardState;
  readonly clusterId?: ClusterId;
  /** A hint; rides along, never the reason for a write. */
  readonly commitIndex?: number;
  /**
   * Makes the snapshot of this meta, committed earlier by {@link SnapshotWriter.commit}, the current one. A log that
   * holds its last entry (same index, same term) is kept, for `compact` to cut; any other log is dropped whole, and
   * goes on at lastIncludedIndex + 1 (paper, Figure 13, rules 6 and 7).
   */
  readonly snapshot?: SnapshotMeta;
  /** Removes this entry and all behind it. */
  readonly truncateFrom?: number;
  /** Appended: contiguous, the first follows the last entry in the log as it then is. */
  readonly entries: readonly Entry[];
}

/** A snapshot being made or received. */
export interface SnapshotWriter {
  /** Appends. One call at a time. The bytes may be reused by the caller once the promise resolves. */
  write(chunk: Bytes): Promise<void>;
  /** Resolves when the whole snapshot is durable. It isn't current before a {@link WriteBatch} says so. */
  commit(): Promise<void>;
  /** Forgets it. Never rejects; may be called at any time, after `commit` too (then it does nothing). */
  abort(): Promise<void>;
}

/** The current snapshot, pinned: it can be read until disposed, even when a newer one has become current. */
export interface SnapshotReader extends AsyncDisposable {
  readonly meta: SnapshotMeta;
  /** Bytes in the whole snapshot. */
  readonly size: number;
  /** Up to maxBytes from `offset`, shorter only at the end. Checked against its checksum: rejects with `damaged`. */
  read(offset: number, maxBytes: number): Promise<Bytes>;
}

/**
 * What a node keeps on disk: hard state, log and snapshots.
 *
 * Ownership: bytes passed in are immutable and may be kept; bytes handed out are the caller's to read, not to change.
 * Blocking: no call blocks the event loop longer than a buffered write takes.
 * Taken away: what loses its data from outside (a wiped disk, an origin that the browser evicts) is new at the next `open`, with another
 * storageId; what loses it or its lock while it is open rejects its next write.
 * Failure: every call may reject with a `RaftError`. After one rejected `write`, `createSnapshot().commit` or
 * `compact`, every later `write` rejects with the same reason: what is on disk is then unknown until the next `open`.
 * Not so after `invalidArgument`, a programmer's mistake, which touches nothing.
 * A failed sync is never retried.
 * Close: see {@link Storage.close}.
 */
export interface Storage extends AsyncDisposable {
  /**
   * Takes the storage for this process, in a browser for this tab; recovers, and formats it if it is new. Called once, before anything else.
   *
   * All that it returns is durable before it resolves: recovery writes and syncs again what no later record vouches
   * for, and nothing is written behind a record that a crash tore: the next crash must find it gone. Snapshots that were committed and never
   * became current are deleted.
   *
   * Rejects with `locked` (another process or tab has it), `damaged` (naming the place: file and offset, or record; nothing was changed),
   * `foreignData` (not ours, or of an unknown version), `permissionDenied`, `noSpace`, `storageFailed`.
   */
  open(): Promise<StorageState>;
  /**
   * Resolves when the batch is durable. Calls may overlap: they take effect, and resolve, in the order of the calls,
   * and may share a sync. Never throws synchronously. Rejects with `invalidArgument` before touching anything when the
   * entries leave a gap, overlap, or fall in term; when the snapshot was not committed, or is older than the current
   * one; when truncateFrom is at or below the end of the snapshot.
   */
  write(batch: WriteBatch): Promise<void>;
  /**
   * Entries from `from` to at most `to` (both inclusive), as many as fit in maxBytes but at least one. Sees every write
   * that resolved before the call, and never part of a later one. Empty when `from` was compacted or is past the end.
   */
  readEntries(range: { readonly from: number; readonly to: number; readonly maxBytes: number }): Promise<readonly Entry[]>;
  /** Starts a snapshot beside the current one. Several may be under way; each is independent of writes. */
  createSnapshot(meta: SnapshotMeta): Promise<SnapshotWriter>;
  /** Pins and opens the current snapshot, undefined when there is none. */
  openSnapshot(): Promise<SnapshotReader | undefined>;
  /** May drop entries up to and including `index`; the caller makes sure that a durable snapshot covers them. Advisory. */
  compact(index: number): Promise<void>;
  /** Waits for writes under way, then lets go of everything, the lock too. Later calls reject with `closed`. Idempotent. */
  close(): Promise<void>;
}
