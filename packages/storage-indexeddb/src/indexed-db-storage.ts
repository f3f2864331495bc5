import type { SnapshotReader, SnapshotWriter, Storage, StorageState, WriteBatch } from '@raft/core';
import { LogPlan } from '@raft/core/storages';
import type { Entry, RaftError, SnapshotMeta } from '@raft/wire';
import type { ChunkIndex } from './chunk-index.ts';
import { openDatabase, renewLog, watchConnection } from './database.ts';
import { type DatabaseLock, lockDatabase } from './database-lock.ts';
import { type EntryRange, readChunks } from './entry-reader.ts';
import { closed, invalid, toRaftError } from './failures.ts';
import { LogWriter } from './log-writer.ts';
import { planBatch } from './planned-batch.ts';
import { type Recovered, recover } from './recovery.ts';
import { Snapshots } from './snapshots.ts';

/** Options of {@link indexedDbStorage}. */
export interface IndexedDbStorageOptions {
  /** Name of the database, for nothing else; made if it is missing. */
  readonly name: string;
}

/**
 * Keeps hard state, log and snapshots in an IndexedDB database of this page's origin. What a write holds is durable when its
 * promise resolves; writes that wait share one transaction.
 *
 * @throws RaftError `invalidArgument`
 */
export function indexedDbStorage(options: IndexedDbStorageOptions): Storage {
  const { name, ...others } = options;
  if (typeof name !== 'string' || name === '')
    throw invalid(`indexedDbStorage: name must be a text that is not empty, not ${String(name)}`);
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) throw invalid(`indexedDbStorage: there is no option ${unknown}`);
  return new IndexedDbStorage(name);
}

interface Opened {
  readonly database: IDBDatabase;
  readonly lock: DatabaseLock;
  readonly writer: LogWriter;
  readonly snapshots: Snapshots;
  readonly plan: LogPlan;
  readonly index: ChunkIndex;
}

class IndexedDbStorage implements Storage {
  readonly #name: string;
  #phase: 'new' | 'opening' | 'open' | 'closed' = 'new';
  #opening: Promise<unknown> = Promise.resolve();
  #opened: Opened | undefined;
  /** Why the database is out of reach: its lock is stolen, or it is deleted. */
  #lost: RaftError | undefined;
  /** Reads and compactions under way. */
  readonly #work = new Set<Promise<unknown>>();
  #closing: Promise<void> | undefined;

  constructor(name: string) {
    this.#name = name;
  }

  async open(): Promise<StorageState> {
    if (this.#phase === 'closed') throw closed();
    if (this.#phase !== 'new') throw invalid('a storage is opened once');
    this.#phase = 'opening';
    const opening = this.#open();
    this.#opening = opening.catch(() => undefined);
    try {
      const state = await opening;
      if (this.#closing !== undefined) throw closed();
      this.#phase = 'open';
      return state;
    } catch (error) {
      this.#phase = 'closed';
      throw toRaftError(error, this.#name);
    }
  }

  async write(batch: WriteBatch): Promise<void> {
    const { plan, writer, snapshots } = this.#use();
    if (writer.failure) throw writer.failure;
    await writer.append(planBatch(plan, batch, batch.snapshot && snapshots.find(batch.snapshot)));
  }

  async readEntries(range: EntryRange): Promise<readonly Entry[]> {
    const { database, index, writer } = this.#use();
    const reading = writer.read(async () => {
      const keys = range.from < 1 ? undefined : index.keysFor(range);
      return keys ? await readChunks(database, keys, range) : [];
    });
    return await this.#track(reading).catch((error) => this.#refuse(error));
  }

  async createSnapshot(meta: SnapshotMeta): Promise<SnapshotWriter> {
    return this.#use().snapshots.create(meta);
  }

  async openSnapshot(): Promise<SnapshotReader | undefined> {
    return this.#use().snapshots.open();
  }

  async compact(index: number): Promise<void> {
    const { writer } = this.#use();
    if (writer.failure) throw writer.failure;
    await this.#track(writer.compact(index));
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #open(): Promise<StorageState> {
    const lock = await lockDatabase(this.#name, (error) => this.#lose(error));
    let database: IDBDatabase | undefined;
    try {
      await renewLog(this.#name);
      database = await openDatabase(this.#name);
      watchConnection(database, (error) => this.#lose(error));
      const recovered = await recover(database);
      if (this.#lost) throw this.#lost;
      const state = stateOf(recovered);
      this.#opened = this.#begin(database, lock, recovered);
      return state;
    } catch (error) {
      database?.close();
      await lock.release();
      throw this.#lost ?? error;
    }
  }

  #begin(database: IDBDatabase, lock: DatabaseLock, { index, state, snapshot, terms }: Recovered): Opened {
    const plan = new LogPlan(terms, snapshot?.meta);
    const check = () => void this.#use();
    const snapshots = new Snapshots({ database, current: snapshot, check, failed: (error) => void writer.fail(error) });
    const writer = new LogWriter({
      database,
      index,
      state,
      durable: (batch) => {
        if (batch.snapshot) snapshots.makeCurrent(batch.snapshot);
      },
      covered: () => snapshots.current?.meta.lastIncludedIndex ?? 0,
      compacted: () => plan.compact(index.firstIndex - 1),
    });
    return { database, lock, writer, snapshots, plan, index };
  }

  #lose(error: RaftError): void {
    this.#lost ??= error;
    this.#opened?.writer.fail(this.#lost);
    // Whoever has the lock now must not find us writing.
    this.#opened?.database.close();
  }

  async #close(): Promise<void> {
    this.#phase = 'closed';
    await this.#opening;
    const opened = this.#opened;
    if (!opened) return;
    await opened.writer.close();
    await opened.snapshots.close();
    await Promise.allSettled(this.#work);
    opened.database.close();
    await opened.lock.release();
  }

  #use(): Opened {
    if (this.#phase === 'closed') throw closed();
    if (this.#phase !== 'open' || !this.#opened) throw invalid('open() the storage first');
    if (this.#lost) throw this.#lost;
    return this.#opened;
  }

  #refuse(error: unknown): never {
    throw this.#lost ?? toRaftError(error, this.#name);
  }

  #track<Value>(work: Promise<Value>): Promise<Value> {
    const tracked = work.finally(() => this.#work.delete(tracked));
    this.#work.add(tracked);
    return tracked;
  }
}

function stateOf({ storageId, state, snapshot, terms, configurations, index }: Recovered): StorageState {
  const { firstIndex, lastIndex } = index;
  return {
    storageId,
    hardState: state.hardState,
    commitIndex: Math.min(state.commitIndex, lastIndex),
    log: { firstIndex, lastIndex, termRuns: [...terms.runs], configurations },
    ...(state.clusterId !== undefined && { clusterId: state.clusterId }),
    ...(snapshot && { snapshot: snapshot.meta }),
  };
}
