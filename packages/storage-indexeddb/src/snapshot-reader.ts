import type { SnapshotReader } from '@raft/core';
import { type Bytes, RaftError, type SnapshotMeta } from '@raft/wire';
import { damaged, invalid, toRaftError } from './failures.ts';
import { blockBytes, decodeBlock, type SnapshotRef } from './snapshot-codec.ts';
import { stores } from './stores.ts';
import { resultOf, transact } from './transactions.ts';

export interface SnapshotReaderOptions {
  readonly database: IDBDatabase;
  readonly ref: SnapshotRef;
  /** Called once. */
  readonly disposed: (reader: IndexedDbSnapshotReader) => void;
}

/** Reads one snapshot, block by block. */
export class IndexedDbSnapshotReader implements SnapshotReader {
  readonly #options: SnapshotReaderOptions;
  #closing: Promise<void> | undefined;
  readonly #reads = new Set<Promise<unknown>>();

  constructor(options: SnapshotReaderOptions) {
    this.#options = options;
  }

  get meta(): SnapshotMeta {
    return this.#options.ref.meta;
  }

  get size(): number {
    return this.#options.ref.size;
  }

  async read(offset: number, maxBytes: number): Promise<Bytes> {
    if (this.#closing !== undefined) throw new RaftError('closed', 'the snapshot was disposed');
    if (!(Number.isSafeInteger(offset) && offset >= 0 && maxBytes >= 0)) throw invalid(`can't read ${maxBytes} bytes from ${offset}`);
    const reading = this.#read(offset, Math.min(this.size, offset + Math.floor(maxBytes)));
    this.#reads.add(reading);
    try {
      return await reading;
    } catch (error) {
      throw toRaftError(error, this.#options.database.name);
    } finally {
      this.#reads.delete(reading);
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#closing ??= Promise.allSettled(this.#reads).then(() => this.#options.disposed(this));
    return this.#closing;
  }

  async #read(from: number, to: number): Promise<Bytes> {
    if (from >= to) return new Uint8Array(0);
    const { database, ref } = this.#options;
    const first = Math.floor(from / blockBytes);
    const last = Math.ceil(to / blockBytes) - 1;
    const range = IDBKeyRange.bound([ref.number, first], [ref.number, last]);
    const values: unknown[] = await transact(database, 'readonly', [stores.blocks], (transaction) =>
      resultOf(transaction.objectStore(stores.blocks).getAll(range)),
    );
    const bytes = new Uint8Array(to - from);
    for (let block = first; block <= last; block += 1) {
      const start = block * blockBytes;
      const data = this.#decode(block, values[block - first]);
      const piece = data.subarray(Math.max(0, from - start), to - start);
      bytes.set(piece, Math.max(0, start - from));
    }
    return bytes;
  }

  #decode(block: number, value: unknown): Bytes {
    const { database, ref } = this.#options;
    const place = { store: stores.blocks, key: [ref.number, block] };
    try {
      const data = decodeBlock({ snapshot: ref.number, block }, value);
      const expected = Math.min(blockBytes, ref.size - block * blockBytes);
      if (data.length !== expected) throw new RangeError(`${data.length} bytes for ${expected}`);
      return data;
    } catch (error) {
      throw damaged(database.name, place, error instanceof Error ? error.message : String(error));
    }
  }
}
