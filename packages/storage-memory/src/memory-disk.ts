import type { Bytes, ClusterId, Entry, HardState, SnapshotMeta, StorageId } from '@raft/wire';

/** A snapshot that is kept whole, as the chunks that were written. */
export interface StoredSnapshot {
  readonly meta: SnapshotMeta;
  readonly data: Bytes;
}

/** What a formatted disk holds. `entries` starts at `firstIndex`. */
export interface DiskState {
  readonly storageId: StorageId;
  hardState: HardState;
  clusterId: ClusterId | undefined;
  commitIndex: number;
  snapshot: StoredSnapshot | undefined;
  /** Committed, but no write has made them current. */
  committed: StoredSnapshot[];
  firstIndex: number;
  entries: Entry[];
}

/**
 * What outlives a memory storage: give the same disk to the next one to have a restart. One storage at a time.
 *
 * A write is on the disk from the moment in which its promise is resolved.
 */
export interface MemoryDisk {
  /**
   * Takes the disk from the storage that has it, as a crash would: writes that have not resolved never happen, and
   * each later call of that storage rejects with `closed`.
   */
  crash(): void;
}

/** The inside of a disk. */
export class Disk implements MemoryDisk {
  state: DiskState | undefined;
  /** Called when the disk is taken away by a crash. */
  owner: (() => void) | undefined;

  crash(): void {
    const owner = this.owner;
    this.owner = undefined;
    owner?.();
  }
}

/** An empty disk, for `memoryStorage({ disk })`. */
export function memoryDisk(): MemoryDisk {
  return new Disk();
}
