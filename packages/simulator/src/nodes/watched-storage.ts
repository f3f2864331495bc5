import type { SnapshotReader, SnapshotWriter, Storage, StorageState, WriteBatch } from '@raft/core';
import { type Entry, RaftError, type SnapshotMeta } from '@raft/wire';
import { Violation } from '../invariants/violation.ts';
import type { AcknowledgedDisk } from './acknowledged-disk.ts';
import { never, type ProcessLife } from './process-life.ts';

/** What is told of a storage. */
export interface StorageWatcher {
  /** A batch is about to be handed over. */
  writes(batch: WriteBatch): void;
  /** It was handed over. */
  written(): void;
  /** It is durable; the node hears of it next. */
  durable(batch: WriteBatch): void;
  compacts(): void;
  /** Bits have flipped on the disk. */
  isDamaged(): boolean;
  /** Something is broken that a storage or a node promises. */
  failed(error: unknown): void;
}

const readBytes = 1024 * 1024;

/** Stands between a node and its storage: keeps what was acknowledged, and lets nothing through once the process has ended. */
export class WatchedStorage implements Storage {
  /** Of the snapshot that was opened last. */
  openedMeta: SnapshotMeta | undefined;
  readonly #inner: Storage;
  readonly #life: ProcessLife;
  readonly #disk: AcknowledgedDisk;
  readonly #watcher: StorageWatcher;

  constructor(parts: {
    readonly inner: Storage;
    readonly life: ProcessLife;
    readonly disk: AcknowledgedDisk;
    readonly watcher: StorageWatcher;
  }) {
    this.#inner = parts.inner;
    this.#life = parts.life;
    this.#disk = parts.disk;
    this.#watcher = parts.watcher;
  }

  async open(): Promise<StorageState> {
    const state = await this.#inner.open();
    const entries: Entry[] = [];
    for (let from = state.log.firstIndex; from <= state.log.lastIndex; from = state.log.firstIndex + entries.length) {
      const part = await this.#inner.readEntries({ from, to: state.log.lastIndex, maxBytes: readBytes });
      if (part.length === 0) break;
      entries.push(...part);
    }
    this.#told(() => this.#disk.reopened(state, entries, this.#watcher.isDamaged()));
    return state;
  }

  write(batch: WriteBatch): Promise<void> {
    const life = this.#life;
    this.#told(() => this.#watcher.writes(batch));
    if (life.ended) return never();
    this.#disk.hand(batch);
    const written = this.#inner.write(batch).then(
      () => this.#durable(batch),
      (error: unknown) => this.#refused(batch, error),
    );
    this.#watcher.written();
    return life.ended ? never() : written;
  }

  readEntries(range: { readonly from: number; readonly to: number; readonly maxBytes: number }): Promise<readonly Entry[]> {
    return this.#life.ended ? never() : this.#inner.readEntries(range);
  }

  createSnapshot(meta: SnapshotMeta): Promise<SnapshotWriter> {
    return this.#life.ended ? never() : this.#inner.createSnapshot(meta);
  }

  async openSnapshot(): Promise<SnapshotReader | undefined> {
    if (this.#life.ended) return never();
    const reader = await this.#inner.openSnapshot();
    this.openedMeta = reader?.meta;
    return reader;
  }

  compact(index: number): Promise<void> {
    if (this.#life.ended) return never();
    this.#watcher.compacts();
    this.#disk.compact(index);
    return this.#inner.compact(index);
  }

  close(): Promise<void> {
    return this.#life.ended ? never() : this.#inner.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #durable(batch: WriteBatch): Promise<void> | undefined {
    if (this.#life.ended) return never();
    this.#told(() => this.#disk.acknowledge(batch));
    this.#watcher.durable(batch);
    return this.#life.ended ? never() : undefined;
  }

  #refused(batch: WriteBatch, error: unknown): Promise<void> {
    if (this.#life.ended) return never();
    if (error instanceof RaftError && error.code === 'invalidArgument') {
      this.#disk.takeBack(batch);
      this.#watcher.failed(new Violation('storage', `the node writes what a storage refuses: ${error.message}`));
    }
    throw error;
  }

  /** What a watcher finds broken is no failure of the storage. */
  #told(tell: () => void): void {
    try {
      tell();
    } catch (error) {
      this.#watcher.failed(error);
    }
  }
}
