import {
  type SnapshotReader,
  type SnapshotWriter,
  type Storage,
  type StorageState,
  systemClock,
  type TermRun,
  type WriteBatch,
} from '@raft/core';
import { type Bytes, decodeConfiguration, type Entry, entryData, RaftError, type SnapshotMeta } from '@raft/wire';

/** What a storage may do wrong. */
export const storageFaults = [
  'takes entries that leave a gap',
  'takes entries that overlap',
  'takes entries whose term falls',
  'keeps part of a batch that it refuses',
  'resolves writes out of order',
  'forgets the vote',
  'forgets the cluster id at a write without one',
  'draws another id at each start',
  'truncates behind the index that was named',
  'ignores a truncation that has entries',
  'keeps configurations that were truncated',
  'tells a term run too few',
  'passes maxBytes',
  'reads nothing when one entry alone passes maxBytes',
  'reads one entry too few',
  'makes a snapshot current when it is committed',
  'keeps snapshots that never became current',
  'drops a log that holds the last entry of the snapshot',
  'keeps a log that the snapshot contradicts',
  'lets a snapshot go back',
  'lets what is pinned go',
  'keeps the chunks that it is given',
  'compacts ahead of the snapshot',
  'goes on when it is closed',
  'loses writes under way at close',
  'does not wait at close for writes that wait',
  'lets two open one place',
] as const;
export type StorageFault = (typeof storageFaults)[number];

interface SmallSnapshot {
  readonly meta: SnapshotMeta;
  readonly chunks: Bytes[];
}

/** A place: what outlives a storage. */
export class SmallPlace {
  isOpen = false;
  id = 1;
  hardState: StorageState['hardState'] = { currentTerm: 0, votedFor: null };
  clusterId: string | undefined;
  commitIndex = 0;
  firstIndex = 1;
  entries: Entry[] = [];
  /** Of entries that were truncated. */
  ghosts: Entry[] = [];
  snapshot: SmallSnapshot | undefined;
  committed: SmallSnapshot[] = [];
}

let places = 0;

export function smallPlace(): SmallPlace {
  const place = new SmallPlace();
  places += 1;
  place.id = places;
  return place;
}

/** A short storage that keeps the contract, unless it is told to be broken in one way. */
export class SmallStorage implements Storage {
  readonly #place: SmallPlace;
  readonly #fault: StorageFault | undefined;
  #phase: 'new' | 'open' | 'closed' = 'new';
  #unsettled = 0;
  /** The write that found no other one waiting. */
  #underWay: Promise<void> = Promise.resolve();
  #queue: Promise<void> = Promise.resolve();
  #writes = 0;

  constructor(place: SmallPlace, fault: StorageFault | undefined) {
    this.#place = place;
    this.#fault = fault;
  }

  async open(): Promise<StorageState> {
    const place = this.#place;
    if (this.#phase !== 'new') throw new RaftError(this.#phase === 'open' ? 'invalidArgument' : 'closed', this.#phase);
    if (place.isOpen && this.#fault !== 'lets two open one place') throw new RaftError('locked', 'in use');
    this.#phase = 'open';
    place.isOpen = true;
    if (this.#fault === 'draws another id at each start') place.id += 1000;
    if (this.#fault !== 'keeps snapshots that never became current') place.committed = [];
    const lastIndex = place.firstIndex + place.entries.length - 1;
    const runs: TermRun[] = [];
    for (const { index, term } of place.entries) if (runs.at(-1)?.term !== term) runs.push({ index, term });
    if (this.#fault === 'tells a term run too few' && runs.length > 1) runs.pop();
    const told = this.#fault === 'keeps configurations that were truncated' ? [...place.entries, ...place.ghosts] : place.entries;
    return {
      storageId: place.id.toString(16).padStart(32, '0'),
      hardState: place.hardState,
      commitIndex: Math.min(place.commitIndex, lastIndex),
      log: {
        firstIndex: place.firstIndex,
        lastIndex,
        termRuns: runs,
        configurations: told
          .filter(({ kind }) => kind === 'configuration')
          .map((entry) => ({ index: entry.index, term: entry.term, configuration: decodeConfiguration(entryData(entry)) })),
      },
      ...(place.clusterId !== undefined && { clusterId: place.clusterId }),
      ...(place.snapshot && { snapshot: place.snapshot.meta }),
    };
  }

  async write(batch: WriteBatch): Promise<void> {
    this.#check();
    this.#writes += 1;
    // An odd one hurries, an even one waits a little.
    const turns = this.#fault === 'resolves writes out of order' && this.#writes % 2 === 0 ? 9 : 0;
    const written = this.#queue.then(async () => {
      if (this.#fault === 'does not wait at close for writes that wait') await new Promise<void>((resolve) => systemClock.defer(resolve));
      if (this.#phase === 'closed' && this.#fault === 'loses writes under way at close') return;
      this.#apply(batch);
    });
    this.#queue = written.catch(() => undefined);
    if (this.#unsettled === 0) this.#underWay = this.#queue;
    this.#unsettled += 1;
    await written.finally(() => {
      this.#unsettled -= 1;
    });
    for (let turn = 0; turn < turns; turn += 1) await Promise.resolve();
  }

  async readEntries(range: { readonly from: number; readonly to: number; readonly maxBytes: number }): Promise<readonly Entry[]> {
    this.#check();
    const { entries } = this.#place;
    const found: Entry[] = [];
    let bytes = 0;
    for (const entry of range.from < this.#place.firstIndex ? [] : entries) {
      if (entry.index < range.from || entry.index > range.to) continue;
      if (this.#fault === 'reads one entry too few' && entry.index === range.to && range.to > range.from) continue;
      bytes += entry.bytes.length;
      const isFirst = found.length === 0 && this.#fault !== 'reads nothing when one entry alone passes maxBytes';
      if (bytes > range.maxBytes && !isFirst && this.#fault !== 'passes maxBytes') break;
      found.push(entry);
    }
    return found;
  }

  async createSnapshot(meta: SnapshotMeta): Promise<SnapshotWriter> {
    this.#check();
    const snapshot: SmallSnapshot = { meta, chunks: [] };
    let phase: 'open' | 'committed' | 'aborted' = 'open';
    const check = () => {
      this.#check();
      if (phase !== 'open') throw new RaftError('invalidArgument', phase);
    };
    return {
      write: async (chunk) => {
        check();
        snapshot.chunks.push(this.#fault === 'keeps the chunks that it is given' ? chunk : chunk.slice());
      },
      commit: async () => {
        check();
        phase = 'committed';
        this.#place.committed.push(snapshot);
        if (this.#fault === 'makes a snapshot current when it is committed') this.#place.snapshot = snapshot;
      },
      abort: async () => {
        if (phase === 'open') phase = 'aborted';
      },
    };
  }

  async openSnapshot(): Promise<SnapshotReader | undefined> {
    this.#check();
    const place = this.#place;
    const pinned = place.snapshot;
    if (!pinned) return undefined;
    const content = (snapshot: SmallSnapshot) => new Uint8Array(Buffer.concat(snapshot.chunks));
    let isDisposed = false;
    return {
      meta: pinned.meta,
      size: content(pinned).length,
      read: async (offset, maxBytes) => {
        if (isDisposed) throw new RaftError('closed', 'disposed');
        const source = this.#fault === 'lets what is pinned go' ? (place.snapshot ?? pinned) : pinned;
        return content(source).slice(offset, offset + maxBytes);
      },
      [Symbol.asyncDispose]: async () => {
        isDisposed = true;
      },
    };
  }

  async compact(index: number): Promise<void> {
    this.#check();
    const place = this.#place;
    const covered = this.#fault === 'compacts ahead of the snapshot' ? index : (place.snapshot?.meta.lastIncludedIndex ?? 0);
    const through = Math.min(index, covered);
    if (through < place.firstIndex) return;
    place.entries = place.entries.filter((entry) => entry.index > through);
    place.firstIndex = through + 1;
  }

  async close(): Promise<void> {
    const wasOpen = this.#phase === 'open';
    this.#phase = 'closed';
    await (this.#fault === 'does not wait at close for writes that wait' ? this.#underWay : this.#queue);
    if (wasOpen) this.#place.isOpen = false;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #check(): void {
    if (this.#phase === 'closed' && this.#fault === 'goes on when it is closed') return;
    if (this.#phase !== 'open') throw new RaftError(this.#phase === 'new' ? 'invalidArgument' : 'closed', this.#phase);
  }

  #apply(batch: WriteBatch): void {
    const place = this.#place;
    const { hardState, clusterId, truncateFrom } = batch;
    if (this.#fault === 'keeps part of a batch that it refuses' && hardState) place.hardState = hardState;
    const before = { firstIndex: place.firstIndex, entries: place.entries, snapshot: place.snapshot };
    try {
      if (batch.snapshot) this.#install(batch.snapshot);
      if (truncateFrom !== undefined) this.#truncate(truncateFrom, batch.entries.length > 0);
      for (const entry of batch.entries) this.#append(entry);
    } catch (error) {
      Object.assign(place, before);
      throw error;
    }
    if (hardState) place.hardState = this.#fault === 'forgets the vote' ? { ...hardState, votedFor: null } : hardState;
    const forgets = this.#fault === 'forgets the cluster id at a write without one';
    if (clusterId !== undefined || forgets) place.clusterId = clusterId;
    place.commitIndex = batch.commitIndex ?? place.commitIndex;
  }

  #install(meta: SnapshotMeta): void {
    const place = this.#place;
    const found = place.committed.findLast((each) => each.meta.lastIncludedIndex === meta.lastIncludedIndex);
    const current = place.snapshot?.meta;
    const goesBack = current && meta.lastIncludedIndex < current.lastIncludedIndex && this.#fault !== 'lets a snapshot go back';
    if (!found || goesBack) throw new RaftError('invalidArgument', 'snapshot');
    const isSamePlace = current?.lastIncludedIndex === meta.lastIncludedIndex;
    const held = isSamePlace || place.entries[meta.lastIncludedIndex - place.firstIndex]?.term === meta.lastIncludedTerm;
    const drops = this.#fault === 'drops a log that holds the last entry of the snapshot' || !held;
    if (drops && this.#fault !== 'keeps a log that the snapshot contradicts') {
      place.entries = [];
      place.firstIndex = meta.lastIncludedIndex + 1;
    }
    place.snapshot = found;
  }

  #truncate(from: number, hasEntries: boolean): void {
    const place = this.#place;
    if (from <= (place.snapshot?.meta.lastIncludedIndex ?? 0)) throw new RaftError('invalidArgument', 'truncateFrom');
    if (hasEntries && this.#fault === 'ignores a truncation that has entries') return;
    const first = this.#fault === 'truncates behind the index that was named' ? from + 1 : from;
    place.ghosts = place.entries.filter((entry) => entry.index >= first);
    place.entries = place.entries.filter((entry) => entry.index < first);
  }

  #append(entry: Entry): void {
    const place = this.#place;
    const next = place.firstIndex + place.entries.length;
    const lastTerm = place.entries.at(-1)?.term ?? place.snapshot?.meta.lastIncludedTerm ?? 0;
    const fits =
      entry.index === next ||
      (entry.index > next && this.#fault === 'takes entries that leave a gap') ||
      (entry.index < next && this.#fault === 'takes entries that overlap');
    const rises = entry.term >= lastTerm || this.#fault === 'takes entries whose term falls';
    if (!(fits && rises)) throw new RaftError('invalidArgument', 'entries');
    place.entries = [...place.entries, entry];
  }
}
