import type { SnapshotWriter } from '@raft/core';
import type { Bytes, RaftError, SnapshotMeta } from '@raft/wire';
import { invalid, toRaftError } from './failures.ts';
import { blockBytes, encodeBlock, encodeSnapshotRecord, type SnapshotRef } from './snapshot-codec.ts';
import { stores } from './stores.ts';
import { transact } from './transactions.ts';

/** So many bytes share a transaction, and its sync. */
const flushBytes = 32 * blockBytes;

export interface SnapshotWriterOptions {
  readonly database: IDBDatabase;
  readonly number: number;
  readonly meta: SnapshotMeta;
  /** Throws when the storage takes no more calls. */
  readonly check: () => void;
  readonly committed: (ref: SnapshotRef) => void;
  /** What is in the database is not known any more. */
  readonly failed: (error: RaftError) => void;
  /** It is committed or aborted. */
  readonly ended: (writer: IndexedDbSnapshotWriter) => void;
  /** Deletes its blocks. Never rejects. */
  readonly remove: () => Promise<void>;
}

/** Writes the blocks of a snapshot, and behind them the record that says that it is whole. */
export class IndexedDbSnapshotWriter implements SnapshotWriter {
  readonly #options: SnapshotWriterOptions;
  /** Bytes of blocks to come; made with the first. */
  #buffer: Bytes = new Uint8Array(0);
  #used = 0;
  #blocks = 0;
  #size = 0;
  #phase: 'open' | 'committing' | 'committed' | 'aborted' = 'open';
  /** What a chunk failed with: without it the snapshot is not whole. */
  #failure: RaftError | undefined;
  /** A call that is under way. */
  #busy: Promise<void> = Promise.resolve();

  constructor(options: SnapshotWriterOptions) {
    this.#options = options;
  }

  write(chunk: Bytes): Promise<void> {
    return this.#do('open', async () => {
      if (this.#failure) throw this.#failure;
      if (this.#buffer.length === 0) this.#buffer = new Uint8Array(flushBytes);
      for (let offset = 0; offset < chunk.length; ) {
        const piece = chunk.subarray(offset, offset + flushBytes - this.#used);
        this.#buffer.set(piece, this.#used);
        this.#used += piece.length;
        this.#size += piece.length;
        offset += piece.length;
        if (this.#used === flushBytes) await this.#flush([stores.blocks]);
      }
    });
  }

  commit(): Promise<void> {
    return this.#do('committing', async () => {
      const { meta, number, failed, committed, ended } = this.#options;
      try {
        if (this.#failure) throw this.#failure;
        const record = encodeSnapshotRecord({ meta, size: this.#size });
        await this.#flush([stores.blocks, stores.snapshots], (transaction) => {
          transaction.objectStore(stores.snapshots).put(record, number);
        });
      } catch (error) {
        failed(toRaftError(error, this.#options.database.name));
        throw error;
      }
      this.#buffer = new Uint8Array(0);
      this.#phase = 'committed';
      committed({ number, meta, size: this.#size });
      ended(this);
    });
  }

  async abort(): Promise<void> {
    if (this.#phase !== 'open') return await this.#busy;
    this.#phase = 'aborted';
    await this.#busy;
    this.#buffer = new Uint8Array(0);
    await this.#options.remove();
    this.#options.ended(this);
  }

  async #do(next: 'open' | 'committing', action: () => Promise<void>): Promise<void> {
    this.#options.check();
    if (this.#phase !== 'open') throw invalid(`the snapshot is ${this.#phase}`);
    this.#phase = next;
    const done = action();
    this.#busy = done.catch(() => undefined);
    try {
      await done;
    } catch (error) {
      this.#failure ??= toRaftError(error, this.#options.database.name);
      throw this.#failure;
    }
  }

  async #flush(names: readonly string[], also: (transaction: IDBTransaction) => void = () => undefined): Promise<void> {
    const { database, number } = this.#options;
    await transact(database, 'readwrite', names, (transaction) => {
      const store = transaction.objectStore(stores.blocks);
      for (let offset = 0; offset < this.#used; offset += blockBytes) {
        const block = this.#blocks + offset / blockBytes;
        const data = this.#buffer.subarray(offset, Math.min(offset + blockBytes, this.#used));
        store.put(encodeBlock({ snapshot: number, block }, data), [number, block]);
      }
      also(transaction);
    });
    this.#blocks += this.#used / blockBytes;
    this.#used = 0;
  }
}
