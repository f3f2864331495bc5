import type { LocatedConfiguration } from '@raft/core';
import { randomStorageId, TermOutline } from '@raft/core/storages';
import { decodeConfiguration, entryData, type StorageId } from '@raft/wire';
import { entriesIn } from './chunk-codec.ts';
import { ChunkIndex } from './chunk-index.ts';
import { damaged, lostRecord } from './failures.ts';
import { decodeIdentity, decodeState, encodeIdentity, encodeState, initialState, type StateRecord } from './meta-records.ts';
import { isBytes } from './sealed-record.ts';
import { blockCount, decodeSnapshotRecord, type SnapshotRef } from './snapshot-codec.ts';
import { stores } from './stores.ts';
import { forEachRecord, resultOf, transact } from './transactions.ts';

/** What a database was found to hold. */
export interface Recovered {
  readonly storageId: StorageId;
  readonly state: StateRecord;
  readonly snapshot: SnapshotRef | undefined;
  readonly terms: TermOutline;
  readonly configurations: readonly LocatedConfiguration[];
  readonly index: ChunkIndex;
}

/**
 * Reads and checks all but the data of snapshots; formats a database that is new. All that it returns is durable: the state is
 * written again, and a strict sync of that leaves nothing earlier behind. All in one transaction: if somebody steals the lock
 * meanwhile, what they write is not replaced by what was read before.
 *
 * @throws RaftError `damaged`, and then nothing was changed
 */
export function recover(database: IDBDatabase): Promise<Recovered> {
  return transact(database, 'readwrite', Object.values(stores), async (transaction) => {
    const recovered = await new Recovery(database.name, transaction).run();
    const { storageId, state } = recovered;
    const meta = transaction.objectStore(stores.meta);
    meta.put(encodeIdentity(storageId), 'identity');
    meta.put(encodeState(state), 'state');
    // Committed ones that never became current, halves, and old ones that somebody still read.
    const current = state.snapshot ?? 0;
    for (const range of [IDBKeyRange.upperBound(current, true), IDBKeyRange.lowerBound(current, true)]) {
      transaction.objectStore(stores.snapshots).delete(range);
    }
    for (const range of [IDBKeyRange.upperBound([current]), IDBKeyRange.lowerBound([current + 1])]) {
      transaction.objectStore(stores.blocks).delete(range);
    }
    return recovered;
  });
}

class Recovery {
  readonly #name: string;
  readonly #transaction: IDBTransaction;
  readonly #terms = new TermOutline();
  readonly #index = new ChunkIndex();
  readonly #configurations: LocatedConfiguration[] = [];

  constructor(name: string, transaction: IDBTransaction) {
    this.#name = name;
    this.#transaction = transaction;
  }

  async run(): Promise<Recovered> {
    const storageId = (await this.#isNew()) ? undefined : await this.#read(stores.meta, 'identity', decodeIdentity);
    const state = storageId === undefined ? initialState : await this.#read(stores.meta, 'state', decodeState);
    const snapshot = state.snapshot === undefined ? undefined : await this.#snapshot(state.snapshot);
    await this.#chunks();
    this.#checkEnds(state, snapshot);
    return {
      storageId: storageId ?? randomStorageId(),
      state,
      snapshot,
      terms: this.#terms,
      configurations: this.#configurations,
      index: this.#index,
    };
  }

  /** The stores were made, and the tab died before anything was put into them. */
  async #isNew(): Promise<boolean> {
    const counts = Object.values(stores).map((store) => resultOf(this.#transaction.objectStore(store).count()));
    return (await Promise.all(counts)).every((count) => count === 0);
  }

  async #snapshot(number: number): Promise<SnapshotRef> {
    const ref = { number, ...(await this.#read(stores.snapshots, number, decodeSnapshotRecord)) };
    const blocks = this.#transaction.objectStore(stores.blocks);
    const found = await resultOf(blocks.count(IDBKeyRange.bound([number], [number + 1], false, true)));
    const expected = blockCount(ref.size);
    if (found !== expected) throw damaged(this.#name, { store: stores.blocks, key: [number] }, `${found} blocks for ${expected}`);
    return ref;
  }

  async #read<Value>(store: string, key: IDBValidKey, decode: (value: unknown) => Value): Promise<Value> {
    const value: unknown = await resultOf(this.#transaction.objectStore(store).get(key));
    if (value === undefined) throw damaged(this.#name, { store, key }, 'it is missing');
    return this.#checked(store, key, () => decode(value));
  }

  async #chunks(): Promise<void> {
    try {
      await forEachRecord(this.#transaction.objectStore(stores.chunks).openCursor(), (key, value) => this.#take(key, value));
    } catch (error) {
      const key = this.#terms.runs.length === 0 ? 'first' : this.#terms.lastIndex + 1;
      throw lostRecord(error, this.#name, { store: stores.chunks, key });
    }
  }

  #take(key: IDBValidKey, value: unknown): void {
    this.#checked(stores.chunks, key, () => {
      if (typeof key !== 'number' || !isBytes(value)) throw new RangeError('a number and bytes expected');
      const { lastIndex } = this.#terms;
      if (this.#terms.runs.length === 0) this.#reset(key - 1);
      else if (key !== lastIndex + 1) throw new RangeError(`it follows entry ${lastIndex}: entries are missing or twice there`);
      for (const entry of entriesIn(value, key)) {
        const { index, term, kind } = entry;
        const before = this.#terms.runs.at(-1)?.term ?? 0;
        if (term < before) throw new RangeError(`entry ${index} has term ${term} behind term ${before}`);
        this.#terms.append(term);
        if (kind === 'configuration') this.#configurations.push({ index, term, configuration: decodeConfiguration(entryData(entry)) });
      }
      this.#index.append({ first: key, last: this.#terms.lastIndex, bytes: value.length });
    });
  }

  #checkEnds(state: StateRecord, snapshot: SnapshotRef | undefined): void {
    const covered = snapshot?.meta.lastIncludedIndex ?? 0;
    const [first] = this.#terms.runs;
    if (!first) this.#reset(state.lastIndex);
    const { lastIndex } = this.#terms;
    const isWhole = first ? first.index <= covered + 1 : state.lastIndex === covered;
    if (isWhole && lastIndex === state.lastIndex && lastIndex >= covered) return;
    const found = first ? `entries ${first.index} to ${lastIndex}` : 'no entries';
    const key = first && first.index <= covered + 1 ? lastIndex + 1 : covered + 1;
    throw damaged(this.#name, { store: stores.chunks, key }, `${found} where ${covered + 1} to ${state.lastIndex} must be`);
  }

  #reset(index: number): void {
    this.#terms.reset(index);
    this.#index.reset(index);
  }

  #checked<Value>(store: string, key: IDBValidKey, action: () => Value): Value {
    try {
      return action();
    } catch (error) {
      throw damaged(this.#name, { store, key }, error instanceof Error ? error.message : String(error));
    }
  }
}
