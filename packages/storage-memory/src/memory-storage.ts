import type { SnapshotReader, SnapshotWriter, Storage, StorageState, WriteBatch } from '@raft/core';
import { randomStorageId } from '@raft/core/storages';
import { type Bytes, type Entry, initialHardState, RaftError, type SnapshotMeta, type StorageId } from '@raft/wire';
import { applyBatch } from './apply-batch.ts';
import { Disk, type DiskState, type MemoryDisk, type StoredSnapshot } from './memory-disk.ts';
import { outlineOf } from './outline.ts';

export interface MemoryStorageOptions {
  /** What is kept over restarts; by default a new one, which goes with the storage. */
  readonly disk?: MemoryDisk;
  /** Used when the disk is formatted; 128 random bits of the platform's `crypto` by default. Give one where runs must repeat. */
  readonly storageId?: StorageId;
}

/**
 * A storage that keeps everything in memory and the whole contract but one point: what it calls durable outlives the
 * storage, not the process. Entries and snapshots are not copied.
 */
export function memoryStorage(options: MemoryStorageOptions = {}): Storage {
  const disk = options.disk ?? new Disk();
  if (!(disk instanceof Disk)) throw new RaftError('invalidArgument', 'disk must come from memoryDisk()');
  return new MemoryStorage(disk, options.storageId);
}

class MemoryStorage implements Storage {
  readonly #disk: Disk;
  readonly #newStorageId: StorageId | undefined;
  #phase: 'new' | 'open' | 'closed' = 'new';
  /** This storage has the disk: from open until close has waited for the last write, or until a crash. */
  #owns = false;
  /** The end of the queue of writes. */
  #writes: Promise<void> = Promise.resolve();

  constructor(disk: Disk, storageId: StorageId | undefined) {
    this.#disk = disk;
    this.#newStorageId = storageId;
  }

  async open(): Promise<StorageState> {
    if (this.#phase === 'closed') throw closed();
    if (this.#phase === 'open') throw new RaftError('invalidArgument', 'the storage is already open');
    const disk = this.#disk;
    if (disk.owner) throw new RaftError('locked', 'another storage has this disk');
    disk.owner = () => {
      this.#phase = 'closed';
      this.#owns = false;
    };
    this.#phase = 'open';
    this.#owns = true;
    disk.state ??= format(this.#newStorageId ?? randomStorageId());
    const { state } = disk;
    state.committed = [];
    return {
      storageId: state.storageId,
      hardState: state.hardState,
      commitIndex: Math.min(state.commitIndex, state.firstIndex + state.entries.length - 1),
      log: outlineOf(state.firstIndex, state.entries),
      ...(state.clusterId === undefined ? {} : { clusterId: state.clusterId }),
      ...(state.snapshot === undefined ? {} : { snapshot: state.snapshot.meta }),
    };
  }

  async write(batch: WriteBatch): Promise<void> {
    const state = this.#state();
    // A microtask of its own for each write: none is visible to what was asked for in the same turn, as on a real disk.
    const written = this.#writes.then(() => {
      if (!this.#owns) throw closed();
      applyBatch(state, batch);
    });
    this.#writes = written.catch(() => undefined);
    await written;
  }

  async readEntries(range: { readonly from: number; readonly to: number; readonly maxBytes: number }): Promise<readonly Entry[]> {
    const { firstIndex, entries } = this.#state();
    if (range.from < firstIndex) return [];
    const start = range.from - firstIndex;
    const limit = Math.min(range.to - firstIndex + 1, entries.length);
    let end = start;
    let bytes = 0;
    while (end < limit) {
      bytes += entries[end]?.bytes.length ?? 0;
      if (end > start && bytes > range.maxBytes) break;
      end += 1;
    }
    return entries.slice(start, end);
  }

  async createSnapshot(meta: SnapshotMeta): Promise<SnapshotWriter> {
    this.#state();
    return new MemorySnapshotWriter(meta, () => this.#state());
  }

  async openSnapshot(): Promise<SnapshotReader | undefined> {
    const { snapshot } = this.#state();
    return snapshot && new MemorySnapshotReader(snapshot);
  }

  async compact(index: number): Promise<void> {
    const state = this.#state();
    const through = Math.min(index, state.snapshot?.meta.lastIncludedIndex ?? 0);
    if (through < state.firstIndex) return;
    state.entries = state.entries.slice(through - state.firstIndex + 1);
    state.firstIndex = through + 1;
  }

  async close(): Promise<void> {
    this.#phase = 'closed';
    await this.#writes;
    // After a crash the disk may be somebody else's already.
    if (this.#owns) this.#disk.owner = undefined;
    this.#owns = false;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #state(): DiskState {
    if (this.#phase === 'new') throw new RaftError('invalidArgument', 'open() the storage first');
    if (this.#phase === 'closed' || !this.#disk.state) throw closed();
    return this.#disk.state;
  }
}

class MemorySnapshotWriter implements SnapshotWriter {
  readonly #meta: SnapshotMeta;
  readonly #state: () => DiskState;
  #chunks: Bytes[] = [];
  #phase: 'open' | 'committed' | 'aborted' = 'open';

  constructor(meta: SnapshotMeta, state: () => DiskState) {
    this.#meta = meta;
    this.#state = state;
  }

  async write(chunk: Bytes): Promise<void> {
    this.#check();
    this.#chunks.push(chunk.slice());
  }

  async commit(): Promise<void> {
    const state = this.#check();
    this.#phase = 'committed';
    state.committed.push({ meta: this.#meta, data: joined(this.#chunks) });
    this.#chunks = [];
  }

  async abort(): Promise<void> {
    if (this.#phase === 'open') this.#phase = 'aborted';
    this.#chunks = [];
  }

  #check(): DiskState {
    const state = this.#state();
    if (this.#phase !== 'open') throw new RaftError('invalidArgument', `the snapshot was ${this.#phase}`);
    return state;
  }
}

class MemorySnapshotReader implements SnapshotReader {
  readonly meta: SnapshotMeta;
  readonly size: number;
  #data: Bytes | undefined;

  constructor(snapshot: StoredSnapshot) {
    this.meta = snapshot.meta;
    this.size = snapshot.data.length;
    this.#data = snapshot.data;
  }

  async read(offset: number, maxBytes: number): Promise<Bytes> {
    if (!this.#data) throw new RaftError('closed', 'the snapshot was disposed');
    return this.#data.subarray(offset, offset + maxBytes);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#data = undefined;
  }
}

function format(storageId: StorageId): DiskState {
  return {
    storageId,
    hardState: initialHardState,
    clusterId: undefined,
    commitIndex: 0,
    snapshot: undefined,
    committed: [],
    firstIndex: 1,
    entries: [],
  };
}

function joined(chunks: readonly Bytes[]): Bytes {
  const [only] = chunks;
  if (chunks.length === 1 && only) return only;
  const bytes = new Uint8Array(chunks.reduce((total, chunk) => total + chunk.length, 0));
  let offset = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, offset);
    offset += chunk.length;
  }
  return bytes;
}

function closed(): RaftError {
  return new RaftError('closed', 'the storage is closed');
}
