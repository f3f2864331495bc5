import type { SnapshotReader, SnapshotWriter, Storage, StorageState, WriteBatch } from '@raft/core';
import { type MemoryDisk, memoryStorage } from '@raft/storage-memory';
import type { Entry, SnapshotMeta } from '@raft/wire';

/** A storage whose trouble a test switches on. */
export class FaultyStorage implements Storage {
  readonly #inner: Storage;
  /** Each write rejects with it. */
  failure: Error | undefined;
  /** Each snapshot that is begun rejects with it. */
  snapshotFailure: Error | undefined;
  /** Each write waits for it. */
  gate: Promise<void> | undefined;
  closed = 0;

  constructor(disk: MemoryDisk) {
    this.#inner = memoryStorage({ disk });
  }

  open(): Promise<StorageState> {
    return this.#inner.open();
  }

  async write(batch: WriteBatch): Promise<void> {
    await this.gate;
    if (this.failure) throw this.failure;
    await this.#inner.write(batch);
  }

  readEntries(range: { readonly from: number; readonly to: number; readonly maxBytes: number }): Promise<readonly Entry[]> {
    return this.#inner.readEntries(range);
  }

  async createSnapshot(meta: SnapshotMeta): Promise<SnapshotWriter> {
    if (this.snapshotFailure) throw this.snapshotFailure;
    return await this.#inner.createSnapshot(meta);
  }

  openSnapshot(): Promise<SnapshotReader | undefined> {
    return this.#inner.openSnapshot();
  }

  compact(index: number): Promise<void> {
    return this.#inner.compact(index);
  }

  close(): Promise<void> {
    this.closed += 1;
    return this.#inner.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
