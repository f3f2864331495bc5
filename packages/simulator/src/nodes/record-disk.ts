import type { LocatedConfiguration, StorageState, TermRun, WriteBatch } from '@raft/core';
import { type Bytes, decodeConfiguration, type Entry, entryData, type HardState, initialHardState, type SnapshotMeta } from '@raft/wire';
import { demand } from '../invariants/violation.ts';
import type { DiskView } from './disk-view.ts';

export interface SnapshotImage {
  readonly meta: SnapshotMeta;
  readonly data: Bytes;
}

/** A disk as the storage contract describes it, in records: what is durable, and the writes that are not yet. */
export class RecordDisk implements DiskView {
  readonly storageId: string;
  hardState: HardState = initialHardState;
  clusterId: string | undefined;
  commitIndex = 0;
  snapshot: SnapshotImage | undefined;
  firstIndex = 1;
  entries: Entry[] = [];
  /** Handed over and not durable, in order. */
  readonly unsynced: WriteBatch[] = [];
  /** Committed, and not (yet) current. */
  private readonly images = new Map<string, SnapshotImage>();

  constructor(storageId: string) {
    this.storageId = storageId;
  }

  get lastIndex(): number {
    return this.firstIndex + this.entries.length - 1;
  }

  get lastTerm(): number {
    return this.entries.at(-1)?.term ?? this.snapshot?.meta.lastIncludedTerm ?? 0;
  }

  entryAt(index: number): Entry | undefined {
    return this.entries[index - this.firstIndex];
  }

  /** The term of a durable entry, or of the one that the snapshot ends with. */
  termAt(index: number): number | undefined {
    const meta = this.snapshot?.meta;
    return this.entryAt(index)?.term ?? (meta !== undefined && meta.lastIncludedIndex === index ? meta.lastIncludedTerm : undefined);
  }

  /** Is the entry at this place durable here, in the log or under the snapshot? */
  covers(index: number, term: number): boolean {
    return (this.snapshot !== undefined && this.snapshot.meta.lastIncludedIndex >= index) || this.entryAt(index)?.term === term;
  }

  commitImage(image: SnapshotImage): void {
    this.images.set(imageKey(image.meta), image);
  }

  write(batch: WriteBatch): void {
    if (batch.snapshot !== undefined) {
      const known = this.images.has(imageKey(batch.snapshot));
      demand(known, 'storage', () => `a write makes a snapshot current that was never committed: ${batch.snapshot?.lastIncludedIndex}`);
    }
    this.unsynced.push(batch);
  }

  /** The oldest write is durable now. */
  sync(): void {
    const batch = this.unsynced.shift();
    if (batch !== undefined) this.apply(batch);
  }

  /** Power is gone: the oldest `survivors` unsynced writes made it to the disk. */
  cutPower(survivors: number): void {
    this.unsynced.length = survivors;
  }

  /** A process opens it: what the page cache still holds is synced, snapshots that never became current are gone. */
  recover(): void {
    while (this.unsynced.length > 0) this.sync();
    this.images.clear();
  }

  compact(index: number): void {
    const snapshot = this.snapshot?.meta.lastIncludedIndex ?? 0;
    demand(index <= snapshot, 'I11', () => `compaction to ${index}, ahead of the durable snapshot at ${snapshot}`);
    if (index < this.firstIndex) return;
    this.entries.splice(0, index - this.firstIndex + 1);
    this.firstIndex = Math.max(this.firstIndex, index + 1);
  }

  readEntries(from: number, to: number, maxBytes: number): Entry[] {
    if (from < this.firstIndex) return [];
    const found: Entry[] = [];
    let bytes = 0;
    for (let index = from; index <= to; index++) {
      const entry = this.entryAt(index);
      if (entry === undefined || (found.length > 0 && bytes + entry.bytes.length > maxBytes)) break;
      bytes += entry.bytes.length;
      found.push(entry);
    }
    return found;
  }

  open(): StorageState {
    const termRuns: TermRun[] = [];
    const configurations: LocatedConfiguration[] = [];
    for (const entry of this.entries) {
      const { index, term } = entry;
      if (termRuns.at(-1)?.term !== term) termRuns.push({ index, term });
      if (entry.kind === 'configuration') configurations.push({ index, term, configuration: decodeConfiguration(entryData(entry)) });
    }
    return {
      storageId: this.storageId,
      hardState: this.hardState,
      ...(this.clusterId === undefined ? {} : { clusterId: this.clusterId }),
      commitIndex: this.commitIndex,
      ...(this.snapshot === undefined ? {} : { snapshot: this.snapshot.meta }),
      log: { firstIndex: this.firstIndex, lastIndex: this.lastIndex, termRuns, configurations },
    };
  }

  private apply(batch: WriteBatch): void {
    if (batch.hardState !== undefined) this.applyHardState(batch.hardState);
    if (batch.clusterId !== undefined) {
      demand(this.clusterId === undefined || this.clusterId === batch.clusterId, 'storage', () => 'the cluster id changed');
      this.clusterId = batch.clusterId;
    }
    if (batch.snapshot !== undefined) this.applySnapshot(batch.snapshot);
    const from = batch.truncateFrom;
    if (from !== undefined) {
      demand(from >= this.firstIndex, 'storage', () => `truncation from ${from}, below the first entry ${this.firstIndex}`);
      this.entries.length = Math.min(this.entries.length, from - this.firstIndex);
    }
    for (const entry of batch.entries) {
      const last = this.lastIndex;
      demand(entry.index === last + 1, 'storage', () => `entry ${entry.index} appended behind ${last}`);
      const before = this.termAt(last) ?? 0;
      demand(entry.term >= before, 'storage', () => `entry ${entry.index} of term ${entry.term} behind one of term ${before}`);
      this.entries.push(entry);
    }
    if (batch.commitIndex !== undefined) this.commitIndex = Math.max(this.commitIndex, batch.commitIndex);
    const end = Math.max(this.lastIndex, this.snapshot?.meta.lastIncludedIndex ?? 0);
    demand(this.commitIndex <= end, 'I11', () => `commit index ${this.commitIndex} on disk, behind it only ${end}`);
  }

  private applyHardState(next: HardState): void {
    const now = this.hardState;
    demand(next.currentTerm >= now.currentTerm, 'I10', () => `the term on disk fell from ${now.currentTerm} to ${next.currentTerm}`);
    const sameVote = next.currentTerm > now.currentTerm || now.votedFor === null || next.votedFor === now.votedFor;
    demand(sameVote, 'I10', () => `the vote of term ${next.currentTerm} on disk changed from ${now.votedFor} to ${next.votedFor}`);
    this.hardState = next;
  }

  private applySnapshot(meta: SnapshotMeta): void {
    const image = this.images.get(imageKey(meta));
    demand(image !== undefined, 'storage', () => `snapshot ${meta.lastIncludedIndex} is gone`);
    const current = this.snapshot?.meta.lastIncludedIndex ?? 0;
    demand(meta.lastIncludedIndex >= current, 'I10', () => `snapshot ${meta.lastIncludedIndex} replaces the newer ${current}`);
    const keeps = this.entryAt(meta.lastIncludedIndex)?.term === meta.lastIncludedTerm;
    this.snapshot = image;
    this.images.delete(imageKey(meta));
    if (keeps) return;
    this.entries.length = 0;
    this.firstIndex = meta.lastIncludedIndex + 1;
  }
}

function imageKey(meta: SnapshotMeta): string {
  return `${meta.lastIncludedIndex}@${meta.lastIncludedTerm}`;
}
