import type { RaftError } from '@raft/wire';
import { joinBatches } from './batch-group.ts';
import { type Chunk, chunksOf, shortened } from './chunk-codec.ts';
import type { ChunkIndex } from './chunk-index.ts';
import { damaged, toRaftError } from './failures.ts';
import { encodeState, type StateRecord } from './meta-records.ts';
import type { PlannedBatch } from './planned-batch.ts';
import { stores } from './stores.ts';
import { resultOf, transact } from './transactions.ts';

export interface LogWriterOptions {
  readonly database: IDBDatabase;
  /** Of the chunks that are durable; kept up to date here. */
  readonly index: ChunkIndex;
  readonly state: StateRecord;
  /** A batch is durable. Called in order, before its promise resolves. */
  readonly durable: (batch: PlannedBatch) => void;
  /** Up to which index entries may be dropped now, at most. */
  readonly covered: () => number;
  /** The entries before the index's first are gone. */
  readonly compacted: () => void;
}

interface Waiting {
  readonly resolve: () => void;
  readonly reject: (reason: RaftError) => void;
}

type QueuedCall = Waiting & ({ readonly batch: PlannedBatch } | { readonly compactThrough: number });

/** All that one transaction changes. */
interface Change {
  readonly state: StateRecord;
  readonly keepThrough: number;
  readonly chunks: readonly Chunk[];
  /** Key of the last chunk that goes at the front. */
  readonly compactKey: number | undefined;
}

/** Most bytes of entries in one transaction, unless one batch alone has more. */
const maxGroupBytes = 8 * 1024 * 1024;

/**
 * Writes batches. What is asked for while a transaction is under way shares the next one, and its sync (group commit);
 * nothing lingers.
 */
export class LogWriter {
  readonly #options: LogWriterOptions;
  #state: StateRecord;
  #queue: QueuedCall[] = [];
  /** Runs while the queue isn't empty. */
  #pump: Promise<void> | undefined;
  #isWriting = false;
  /** Reads that wait for the transaction under way. */
  #reads: (() => void)[] = [];
  #failure: RaftError | undefined;

  constructor(options: LogWriterOptions) {
    this.#options = options;
    this.#state = options.state;
  }

  /** Why no more is written. */
  get failure(): RaftError | undefined {
    return this.#failure;
  }

  append(batch: PlannedBatch): Promise<void> {
    return this.#ask((waiting) => ({ ...waiting, batch }));
  }

  /** Drops the chunks that a durable snapshot covers, as far as they end at or before `index`. */
  compact(index: number): Promise<void> {
    return this.#ask((waiting) => ({ ...waiting, compactThrough: index }));
  }

  /**
   * Calls `start` when no write is under way: at once, or between two. The transaction that it makes then sees just the chunks
   * that are in the index, because IndexedDB lets later writes wait for it.
   */
  read<Value>(start: () => Promise<Value>): Promise<Value> {
    if (!this.#isWriting) return start();
    return new Promise((resolve, reject) => {
      this.#reads.push(() => start().then(resolve, reject));
    });
  }

  /** Nothing more is written: what is in the database is not known. Rejects all that waits. */
  fail(error: unknown): RaftError {
    this.#failure ??= toRaftError(error, this.#options.database.name);
    const waiting = this.#queue;
    this.#queue = [];
    for (const { reject } of waiting) reject(this.#failure);
    return this.#failure;
  }

  /** Waits for what was asked for. */
  async close(): Promise<void> {
    await this.#pump;
  }

  #ask(callOf: (waiting: Waiting) => QueuedCall): Promise<void> {
    if (this.#failure) return Promise.reject(this.#failure);
    return new Promise((resolve, reject) => {
      this.#queue.push(callOf({ resolve, reject }));
      // Begins behind this turn's microtasks, so that what one turn asks for shares a transaction.
      this.#pump ??= Promise.resolve().then(() => this.#run());
    });
  }

  async #run(): Promise<void> {
    while (this.#queue.length > 0) await this.#writeGroup(this.#takeGroup());
    this.#pump = undefined;
  }

  #takeGroup(): readonly QueuedCall[] {
    let bytes = 0;
    let count = 0;
    for (const call of this.#queue) {
      if ('batch' in call) for (const entry of call.batch.entries) bytes += entry.bytes.length;
      if (count > 0 && bytes > maxGroupBytes) break;
      count += 1;
    }
    return this.#queue.splice(0, count);
  }

  async #writeGroup(group: readonly QueuedCall[]): Promise<void> {
    try {
      const batches = group.flatMap((call) => ('batch' in call ? [call.batch] : []));
      const { state, keepThrough, entries, matters } = joinBatches(this.#state, batches);
      const compactKey = this.#planCompaction(group);
      if (matters || compactKey !== undefined) await this.#write({ state, keepThrough, chunks: chunksOf(entries), compactKey });
      this.#state = state;
      for (const batch of batches) this.#options.durable(batch);
      for (const { resolve } of group) resolve();
    } catch (error) {
      this.#queue = [...group, ...this.#queue];
      this.fail(error);
    }
  }

  #planCompaction(group: readonly QueuedCall[]): number | undefined {
    const asked = group.reduce((most, call) => ('compactThrough' in call ? Math.max(most, call.compactThrough) : most), 0);
    return this.#options.index.planCompaction(Math.min(asked, this.#options.covered()));
  }

  async #write(change: Change): Promise<void> {
    this.#isWriting = true;
    try {
      const shortenedBytes = await transact(this.#options.database, 'readwrite', [stores.meta, stores.chunks], (transaction) =>
        this.#put(transaction, change),
      );
      this.#note(change, shortenedBytes);
      // Failed beside it: then nobody may rely on what is there.
      if (this.#failure) throw this.#failure;
    } finally {
      this.#isWriting = false;
      // Before the next write begins, so that it waits for them.
      const reads = this.#reads;
      this.#reads = [];
      for (const start of reads) start();
    }
  }

  /** Gives the length of the chunk that was shortened, if one was. */
  async #put(transaction: IDBTransaction, { state, keepThrough, chunks, compactKey }: Change): Promise<number | undefined> {
    const store = transaction.objectStore(stores.chunks);
    const { deleteFrom, shorten } = this.#options.index.planCut(keepThrough);
    if (deleteFrom !== undefined) store.delete(IDBKeyRange.lowerBound(deleteFrom));
    if (compactKey !== undefined) store.delete(IDBKeyRange.upperBound(compactKey));
    for (const { first, bytes } of chunks) store.put(bytes, first);
    transaction.objectStore(stores.meta).put(encodeState(state), 'state');
    return shorten === undefined ? undefined : await this.#shorten(store, shorten, keepThrough);
  }

  async #shorten(store: IDBObjectStore, key: number, through: number): Promise<number> {
    const value: unknown = await resultOf(store.get(key));
    try {
      const { bytes } = shortened(value, key, through);
      store.put(bytes, key);
      return bytes.length;
    } catch (error) {
      const what = error instanceof Error ? error.message : String(error);
      throw damaged(this.#options.database.name, { store: stores.chunks, key }, what);
    }
  }

  #note({ state, keepThrough, chunks, compactKey }: Change, shortenedBytes: number | undefined): void {
    const { index, compacted } = this.#options;
    if (compactKey !== undefined) index.compact(compactKey);
    const [first] = chunks;
    if (keepThrough === 0) index.reset(first ? first.first - 1 : state.lastIndex);
    else index.cut(keepThrough, shortenedBytes);
    for (const [at, chunk] of chunks.entries()) {
      index.append({ first: chunk.first, last: (chunks[at + 1]?.first ?? state.lastIndex + 1) - 1, bytes: chunk.bytes.length });
    }
    if (compactKey !== undefined) compacted();
  }
}
