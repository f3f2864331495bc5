import type { SnapshotReader, SnapshotWriter } from '@raft/core';
import { SnapshotShelf } from '@raft/core/storages';
import { type RaftError, type SnapshotMeta, snapshotMetaSchema } from '@raft/wire';
import { invalid } from './failures.ts';
import type { SnapshotRef } from './snapshot-codec.ts';
import { IndexedDbSnapshotReader } from './snapshot-reader.ts';
import { IndexedDbSnapshotWriter } from './snapshot-writer.ts';
import { stores } from './stores.ts';
import { transact } from './transactions.ts';

export interface SnapshotsOptions {
  readonly database: IDBDatabase;
  readonly current: SnapshotRef | undefined;
  /** Throws when the storage takes no more calls. */
  readonly check: () => void;
  readonly failed: (error: RaftError) => void;
}

/** The snapshots in the database, and who writes and reads them. */
export class Snapshots {
  readonly #options: SnapshotsOptions;
  readonly #shelf: SnapshotShelf<SnapshotRef>;
  #nextNumber: number;
  readonly #writers = new Set<IndexedDbSnapshotWriter>();
  readonly #readers = new Set<IndexedDbSnapshotReader>();
  readonly #removals = new Set<Promise<void>>();

  constructor(options: SnapshotsOptions) {
    this.#options = options;
    this.#shelf = new SnapshotShelf({ current: options.current, remove: (ref) => void this.#remove(ref.number) });
    // All others were deleted at open.
    this.#nextNumber = (options.current?.number ?? 0) + 1;
  }

  get current(): SnapshotRef | undefined {
    return this.#shelf.current;
  }

  create(meta: SnapshotMeta): SnapshotWriter {
    // What could not be read again must not be written.
    const { error } = snapshotMetaSchema.safeParse(meta);
    if (error) throw invalid(`a bad meta of a snapshot: ${error.message}`);
    const { database, check, failed } = this.#options;
    const number = this.#nextNumber;
    this.#nextNumber += 1;
    const writer = new IndexedDbSnapshotWriter({
      database,
      number,
      meta,
      check,
      failed,
      committed: (ref) => this.#shelf.committed(ref),
      ended: (ended) => this.#writers.delete(ended),
      remove: () => this.#remove(number),
    });
    this.#writers.add(writer);
    return writer;
  }

  /** @throws RaftError `invalidArgument` */
  find(meta: SnapshotMeta): SnapshotRef {
    return this.#shelf.find(meta);
  }

  makeCurrent(ref: SnapshotRef): void {
    this.#shelf.makeCurrent(ref);
  }

  open(): SnapshotReader | undefined {
    const ref = this.#shelf.pinCurrent();
    if (!ref) return undefined;
    const reader = new IndexedDbSnapshotReader({
      database: this.#options.database,
      ref,
      disposed: (disposed) => {
        this.#readers.delete(disposed);
        this.#shelf.unpin(ref);
      },
    });
    this.#readers.add(reader);
    return reader;
  }

  /** Ends writers and readers, and waits for all that is under way. */
  async close(): Promise<void> {
    await Promise.all([...this.#writers].map((writer) => writer.abort()));
    await Promise.all([...this.#readers].map((reader) => reader[Symbol.asyncDispose]()));
    await Promise.all(this.#removals);
  }

  /** If it fails the records stay until the next open, which deletes all but the current one's. */
  #remove(number: number): Promise<void> {
    const removal = transact(this.#options.database, 'readwrite', [stores.snapshots, stores.blocks], (transaction) => {
      transaction.objectStore(stores.snapshots).delete(number);
      transaction.objectStore(stores.blocks).delete(IDBKeyRange.bound([number], [number + 1], false, true));
    })
      .catch(() => undefined)
      .finally(() => this.#removals.delete(removal));
    this.#removals.add(removal);
    return removal;
  }
}
