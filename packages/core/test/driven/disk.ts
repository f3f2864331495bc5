import { type Bytes, type ClusterId, decodeConfiguration, type Entry, entryData, type HardState, type SnapshotMeta } from '@raft/wire';
import type { StorageState, WriteBatch } from '../../src/storage.ts';
import { LogPlan } from '../../src/storages/log-plan.ts';
import { SnapshotShelf } from '../../src/storages/snapshot-shelf.ts';
import { TermOutline } from '../../src/storages/term-outline.ts';

export interface SnapshotImage {
  readonly meta: SnapshotMeta;
  readonly data: Bytes;
}

/** A disk in records: what is durable, and the writes that are not yet. It refuses what a storage must refuse. */
export class Disk {
  readonly storageId: string;
  hardState: HardState;
  clusterId: ClusterId | undefined;
  entries: Entry[] = [];
  private commitIndex = 0;
  private readonly outline = new TermOutline();
  private shelf = shelfWith(undefined);
  private unsynced: WriteBatch[] = [];

  constructor(storageId: string, hardState: HardState) {
    this.storageId = storageId;
    this.hardState = hardState;
  }

  get snapshot(): SnapshotImage | undefined {
    return this.shelf.current;
  }

  termAt(index: number): number | undefined {
    return this.outline.termAt(index);
  }

  /** A snapshot is whole. A write makes it current. */
  commitImage(image: SnapshotImage): void {
    this.shelf.committed(image);
  }

  write(batch: WriteBatch): void {
    this.unsynced.push(batch);
  }

  /** The oldest write is durable now. */
  sync(): void {
    const batch = this.unsynced.shift();
    if (batch === undefined) return;
    const image = batch.snapshot && this.shelf.find(batch.snapshot);
    const plan = new LogPlan(this.outline, this.snapshot?.meta);
    const change = plan.check(batch);
    plan.take(batch, change);
    if (change.dropsLog) this.entries = [];
    this.entries = [...this.entries.filter(({ index }) => index < (change.truncateFrom ?? Number.POSITIVE_INFINITY)), ...batch.entries];
    if (image) this.shelf.makeCurrent(image);
    this.hardState = batch.hardState ?? this.hardState;
    this.clusterId = batch.clusterId ?? this.clusterId;
    this.commitIndex = batch.commitIndex ?? this.commitIndex;
  }

  /** Without power: what was not synced is gone, and so are snapshots that never became current. */
  crash(): void {
    this.unsynced = [];
    this.shelf = shelfWith(this.snapshot);
  }

  compact(index: number): void {
    this.outline.compact(index);
    this.entries = this.entries.filter((entry) => entry.index > index);
  }

  /** What is durable of them, as many as fit, but at least one. */
  readEntries(from: number, to: number, maxBytes: number): Entry[] {
    const found = this.entries.filter(({ index }) => index >= from && index <= to);
    let bytes = 0;
    return found.filter((entry, at) => {
      bytes += entry.bytes.length;
      return at === 0 || bytes <= maxBytes;
    });
  }

  open(): StorageState {
    const { storageId, hardState, clusterId, commitIndex, snapshot, outline } = this;
    const configurations = this.entries.flatMap((entry) =>
      entry.kind === 'configuration'
        ? [{ index: entry.index, term: entry.term, configuration: decodeConfiguration(entryData(entry)) }]
        : [],
    );
    return {
      storageId,
      hardState,
      commitIndex,
      log: { firstIndex: outline.firstIndex, lastIndex: outline.lastIndex, termRuns: [...outline.runs], configurations },
      ...(clusterId !== undefined && { clusterId }),
      ...(snapshot && { snapshot: snapshot.meta }),
    };
  }
}

function shelfWith(current: SnapshotImage | undefined): SnapshotShelf<SnapshotImage> {
  return new SnapshotShelf<SnapshotImage>({ current, remove: () => undefined });
}
