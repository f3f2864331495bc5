import type { StorageState, WriteBatch } from '@raft/core';
import { type Entry, type HardState, initialHardState, type SnapshotMeta } from '@raft/wire';
import { demand } from '../invariants/violation.ts';
import { sameBytes } from '../world/bytes.ts';
import type { DiskView } from './disk-view.ts';

/** Durable state as batches make it. */
interface Contents {
  hardState: HardState;
  clusterId: string | undefined;
  commitIndex: number;
  meta: SnapshotMeta | undefined;
  firstIndex: number;
  entries: Entry[];
}

/**
 * What a storage has acknowledged, and what it was asked for and has not: so it is known what it must, and what it may, hold when it is opened
 * again. It holds for any storage, since only calls and answers are looked at.
 */
export class AcknowledgedDisk implements DiskView {
  readonly storageId: string;
  #contents: Contents = {
    hardState: initialHardState,
    clusterId: undefined,
    commitIndex: 0,
    meta: undefined,
    firstIndex: 1,
    entries: [],
  };
  /** Handed over, in order, and not acknowledged: each may be there after a crash, if all before it are. */
  #pending: WriteBatch[] = [];
  /** The entry that was handed over last for each index. */
  readonly #handed = new Map<number, Entry>();

  constructor(storageId: string) {
    this.storageId = storageId;
  }

  get hardState(): HardState {
    return this.#contents.hardState;
  }

  get clusterId(): string | undefined {
    return this.#contents.clusterId;
  }

  get commitIndex(): number {
    return this.#contents.commitIndex;
  }

  get snapshot(): { readonly meta: SnapshotMeta } | undefined {
    const { meta } = this.#contents;
    return meta && { meta };
  }

  get firstIndex(): number {
    return this.#contents.firstIndex;
  }

  get lastIndex(): number {
    return lastIndexOf(this.#contents);
  }

  get lastTerm(): number {
    return this.#contents.entries.at(-1)?.term ?? this.#contents.meta?.lastIncludedTerm ?? 0;
  }

  get entries(): readonly Entry[] {
    return this.#contents.entries;
  }

  /** Batches that were handed over and not acknowledged. */
  get unacknowledged(): number {
    return this.#pending.length;
  }

  entryAt(index: number): Entry | undefined {
    return this.#contents.entries[index - this.#contents.firstIndex];
  }

  termAt(index: number): number | undefined {
    return termAt(this.#contents, index);
  }

  covers(index: number, term: number): boolean {
    const { meta } = this.#contents;
    return (meta !== undefined && meta.lastIncludedIndex >= index) || this.entryAt(index)?.term === term;
  }

  /** Durable or not: what this node believes to be at this place of its log. */
  handedAt(index: number): Entry | undefined {
    return this.#handed.get(index);
  }

  hand(batch: WriteBatch): void {
    this.#pending.push(batch);
    for (const entry of batch.entries) this.#handed.set(entry.index, entry);
  }

  /** The storage says that this batch is durable. */
  acknowledge(batch: WriteBatch): void {
    demand(this.#pending[0] === batch, 'storage', () => 'a write resolves before one that was asked for earlier');
    this.#pending.shift();
    apply(this.#contents, batch);
  }

  /** The storage refused it before touching anything. */
  takeBack(batch: WriteBatch): void {
    this.#pending = this.#pending.filter((other) => other !== batch);
  }

  /** The storage may drop entries up to this index from now on. */
  compact(index: number): void {
    const contents = this.#contents;
    const through = Math.min(index, contents.meta?.lastIncludedIndex ?? 0);
    for (let gone = contents.firstIndex; gone <= through; gone++) this.#handed.delete(gone);
    if (through < contents.firstIndex) return;
    contents.entries.splice(0, through - contents.firstIndex + 1);
    contents.firstIndex = through + 1;
  }

  /**
   * I18: the storage was opened again. It holds all that was acknowledged, and of the rest the oldest batches, each whole. `damaged`: bits have flipped
   * on its disk, so it may have lost what its snapshot covers.
   */
  reopened(state: StorageState, entries: readonly Entry[], damaged: boolean): void {
    demand(state.storageId === this.storageId, 'I18', () => `the storage is ${state.storageId} now, it was ${this.storageId}`);
    checkOutline(state, entries);
    const expected = copyOf(this.#contents);
    let difference = differenceBetween(expected, state, entries, damaged);
    const first = difference;
    for (const batch of this.#pending) {
      if (difference === undefined) break;
      apply(expected, batch);
      difference = differenceBetween(expected, state, entries, damaged);
    }
    const count = this.#pending.length;
    demand(difference === undefined, 'I18', () => `after recovery ${first}; with all ${count} writes that were under way, ${difference}`);
    this.#pending = [];
    this.#contents = {
      hardState: state.hardState,
      clusterId: state.clusterId,
      commitIndex: state.commitIndex,
      meta: state.snapshot,
      firstIndex: state.log.firstIndex,
      entries: [...entries],
    };
    this.#handed.clear();
    for (const entry of entries) this.#handed.set(entry.index, entry);
  }
}

function lastIndexOf({ firstIndex, entries }: Contents): number {
  return firstIndex + entries.length - 1;
}

function termAt({ entries, firstIndex, meta }: Contents, index: number): number | undefined {
  return entries[index - firstIndex]?.term ?? (meta?.lastIncludedIndex === index ? meta.lastIncludedTerm : undefined);
}

function copyOf(contents: Contents): Contents {
  return { ...contents, entries: [...contents.entries] };
}

/** As the contract of a storage says: snapshot, truncateFrom, entries. */
function apply(contents: Contents, batch: WriteBatch): void {
  const { snapshot, truncateFrom } = batch;
  if (batch.hardState !== undefined) contents.hardState = batch.hardState;
  if (batch.clusterId !== undefined) contents.clusterId = batch.clusterId;
  if (batch.commitIndex !== undefined) contents.commitIndex = Math.max(contents.commitIndex, batch.commitIndex);
  if (snapshot !== undefined) {
    const keeps = termAt(contents, snapshot.lastIncludedIndex) === snapshot.lastIncludedTerm;
    contents.meta = snapshot;
    if (!keeps) {
      contents.entries = [];
      contents.firstIndex = snapshot.lastIncludedIndex + 1;
    }
  }
  if (truncateFrom !== undefined) contents.entries.length = Math.min(contents.entries.length, truncateFrom - contents.firstIndex);
  contents.entries.push(...batch.entries);
}

/** What the outline says of the log, held against its entries. */
function checkOutline({ log, snapshot }: StorageState, entries: readonly Entry[]): void {
  const count = log.lastIndex - log.firstIndex + 1;
  demand(entries.length === count, 'I18', () => `the log is said to be ${log.firstIndex}..${log.lastIndex}, read are ${entries.length}`);
  demand(log.firstIndex <= (snapshot?.lastIncludedIndex ?? 0) + 1, 'I18', () => `the log begins at ${log.firstIndex}, behind a gap`);
  let run = 0;
  for (const entry of entries) {
    if (log.termRuns[run + 1]?.index === entry.index) run++;
    const term = log.termRuns[run]?.term;
    demand(entry.term === term, 'I18', () => `${entry.index} is said to have term ${term}, its entry has ${entry.term}`);
  }
}

/** What a storage that was opened lacks of this, in words; undefined if it is the same. */
function differenceBetween(expected: Contents, state: StorageState, entries: readonly Entry[], damaged: boolean): string | undefined {
  const { hardState, clusterId, snapshot, log } = state;
  if (hardState.currentTerm !== expected.hardState.currentTerm || hardState.votedFor !== expected.hardState.votedFor)
    return `hard state ${JSON.stringify(hardState)} is there, ${JSON.stringify(expected.hardState)} expected`;
  if (clusterId !== expected.clusterId) return `cluster ${clusterId} is there, ${expected.clusterId} expected`;
  const [found, wanted] = [snapshot?.lastIncludedIndex ?? 0, expected.meta?.lastIncludedIndex ?? 0];
  if (found !== wanted || snapshot?.lastIncludedTerm !== expected.meta?.lastIncludedTerm)
    return `snapshot ${found} is there, ${wanted} expected`;
  const last = lastIndexOf(expected);
  if (log.lastIndex !== last) return `the last index is ${log.lastIndex}, ${last} expected`;
  // Compaction is advisory: more may be there, never less. But what a snapshot covers, the one of this very batch too, may have been bad.
  const latest = damaged ? Math.max(expected.firstIndex, found + 1) : expected.firstIndex;
  if (log.firstIndex > latest) return `the first index is ${log.firstIndex}, at most ${latest} expected`;
  for (const entry of expected.entries) {
    if (entry.index < log.firstIndex) continue;
    const here = entries[entry.index - log.firstIndex];
    if (here === undefined || !sameBytes(here.bytes, entry.bytes)) return `entry ${entry.index}@${entry.term} is ${here?.term ?? 'gone'}`;
  }
  return undefined;
}
