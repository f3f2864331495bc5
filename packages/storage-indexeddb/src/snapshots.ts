import type { SnapshotReader, SnapshotWriter } from '@raft/core';
import { type RaftError, type SnapshotMeta, snapshotMetaSchema } from '@raft/wire';
import { invalid } from './failures.ts';
import type { SnapshotRef } from './log-plan.ts';
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

/** Which snapshots there are: the current one, committed ones, those that are being made, and old ones that are pinned. */
export class Snapshots {
  readonly #options: SnapshotsOptions;
  #current: SnapshotRef | undefined;
  #nextNumber: number;
  #committed: SnapshotRef[] = [];
  readonly #writers = new Set<IndexedDbSnapshotWriter>();
  readonly #readers = new Set<IndexedDbSnapshotReader>();
  /** How many readers each snapshot has: it stays until there is none. */
  readonly #pins = new Map<SnapshotRef, number>();
  readonly #removals = new Set<Promise<void>>();

  constructor(options: SnapshotsOptions) {
    this.#options = options;
    this.#current = options.current;
    // All others were deleted at open.
    this.#nextNumber = (options.current?.number ?? 0) + 1;
  }

  get current(): SnapshotRef | undefined {
    return this.#current;
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
      committed: (ref) => this.#committed.push(ref),
      ended: (ended) => this.#writers.delete(ended),
      remove: () => this.#remove(number),
    });
    this.#writers.add(writer);
    return writer;
  }

  /** The newest committed snapshot of this place in the log. @throws RaftError `invalidArgument` */
  find({ lastIncludedIndex, lastIncludedTerm }: SnapshotMeta): SnapshotRef {
    const found = this.#committed.findLast(
      ({ meta }) => meta.lastIncludedIndex === lastIncludedIndex && meta.lastIncludedTerm === lastIncludedTerm,
    );
    if (!found) throw invalid(`no committed snapshot of index ${lastIncludedIndex}, term ${lastIncludedTerm}`);
    return found;
  }

  /** The write that says so is durable. What it replaces goes, unless somebody reads it. */
  makeCurrent(ref: SnapshotRef): void {
    const old = this.#current;
    this.#current = ref;
    const passed = this.#committed.filter(({ meta }) => meta.lastIncludedIndex < ref.meta.lastIncludedIndex);
    this.#committed = this.#committed.filter((other) => other !== ref && !passed.includes(other));
    for (const surplus of [...passed, ...(old && old !== ref ? [old] : [])]) this.#removeUnpinned(surplus);
  }

  open(): SnapshotReader | undefined {
    const ref = this.#current;
    if (!ref) return undefined;
    this.#pins.set(ref, (this.#pins.get(ref) ?? 0) + 1);
    const reader = new IndexedDbSnapshotReader({
      database: this.#options.database,
      ref,
      disposed: (disposed) => {
        this.#readers.delete(disposed);
        this.#unpin(ref);
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

  #unpin(ref: SnapshotRef): void {
    const pins = (this.#pins.get(ref) ?? 0) - 1;
    if (pins > 0) this.#pins.set(ref, pins);
    else this.#pins.delete(ref);
    if (this.#current !== ref) this.#removeUnpinned(ref);
  }

  #removeUnpinned(ref: SnapshotRef): void {
    if (!this.#pins.has(ref)) void this.#remove(ref.number);
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
