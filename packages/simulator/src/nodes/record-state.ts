import type { LocatedConfiguration, StorageState, TermRun, WriteBatch } from '@raft/core';
import { LogPlan, TermOutline } from '@raft/core/storages';
import {
  type Bytes,
  type ClusterId,
  decodeConfiguration,
  type Entry,
  entryData,
  type HardState,
  initialHardState,
  type SnapshotMeta,
} from '@raft/wire';
import type { EventQueue } from '../world/event-queue.ts';
import type { Random } from '../world/random.ts';

/** A snapshot that is whole on the disk. */
export interface StoredImage {
  readonly meta: SnapshotMeta;
  readonly data: Bytes;
}

/** A batch that was checked, and what it does to the log. */
export interface CheckedBatch {
  readonly batch: WriteBatch;
  readonly dropsLog: boolean;
  readonly truncateFrom: number | undefined;
  readonly image: StoredImage | undefined;
}

export interface RecordStateOptions {
  readonly storageId: string;
  readonly queue: EventQueue;
  readonly random: Random;
  /** Microseconds of a sync, about. */
  readonly latency: number;
}

/** What a disk of records holds, what is on its way there, and how long that takes. */
export class RecordState {
  readonly storageId: string;
  readonly queue: EventQueue;
  /** Something was made to fail since the process started. */
  hasFailed = false;
  clusterId: ClusterId | undefined;
  image: StoredImage | undefined;
  firstIndex = 1;
  entries: Entry[] = [];
  /** Handed over and not on the disk, in order. */
  unsynced: CheckedBatch[] = [];
  /** The next sync fails. */
  fails = false;
  isCalm = false;
  /** The next write takes so long, in microseconds. */
  stall = 0;
  readonly #random: Random;
  readonly #latency: number;
  #hardState: HardState = initialHardState;
  #commitIndex = 0;

  constructor(options: RecordStateOptions) {
    this.storageId = options.storageId;
    this.queue = options.queue;
    this.#random = options.random;
    this.#latency = options.latency;
  }

  /** Microseconds until a write that begins now is durable. */
  writeTime(): number {
    const stall = this.stall;
    this.stall = 0;
    return Math.max(this.syncTime(), stall);
  }

  syncTime(): number {
    return this.isCalm ? Math.min(this.#latency, 2000) : this.#random.tailed(this.#latency);
  }

  readTime(): number {
    return this.isCalm ? 50 : this.#random.tailed(this.#latency / 4);
  }

  /** So many of the oldest batches reach the disk. */
  sync(count: number): void {
    for (const batch of this.unsynced.splice(0, count)) this.apply(batch);
  }

  /** What recovery finds, and makes durable. */
  recover(): { readonly state: StorageState; readonly plan: LogPlan } {
    this.sync(this.unsynced.length);
    const outline = new TermOutline();
    outline.reset(this.firstIndex - 1);
    const termRuns: TermRun[] = [];
    const configurations: LocatedConfiguration[] = [];
    for (const entry of this.entries) {
      const { index, term } = entry;
      outline.append(term);
      if (termRuns.at(-1)?.term !== term) termRuns.push({ index, term });
      if (entry.kind === 'configuration') configurations.push({ index, term, configuration: decodeConfiguration(entryData(entry)) });
    }
    const lastIndex = this.firstIndex + this.entries.length - 1;
    const state: StorageState = {
      storageId: this.storageId,
      hardState: this.#hardState,
      ...(this.clusterId === undefined ? {} : { clusterId: this.clusterId }),
      commitIndex: Math.min(this.#commitIndex, lastIndex),
      ...(this.image === undefined ? {} : { snapshot: this.image.meta }),
      log: { firstIndex: this.firstIndex, lastIndex, termRuns, configurations },
    };
    return { state, plan: new LogPlan(outline, this.image?.meta) };
  }

  compact(index: number): void {
    const through = Math.min(index, this.image?.meta.lastIncludedIndex ?? 0);
    if (through < this.firstIndex) return;
    this.entries = this.entries.slice(through - this.firstIndex + 1);
    this.firstIndex = through + 1;
  }

  apply({ batch, dropsLog, truncateFrom, image }: CheckedBatch): void {
    if (batch.hardState !== undefined) this.#hardState = batch.hardState;
    if (batch.clusterId !== undefined) this.clusterId = batch.clusterId;
    if (batch.commitIndex !== undefined) this.#commitIndex = batch.commitIndex;
    if (image !== undefined) this.image = image;
    // Never changed in place: a read under way sees the log as it was.
    let entries = dropsLog ? [] : this.entries;
    if (image !== undefined && dropsLog) this.firstIndex = image.meta.lastIncludedIndex + 1;
    if (truncateFrom !== undefined) entries = entries.slice(0, Math.max(0, truncateFrom - this.firstIndex));
    this.entries = [...entries, ...batch.entries];
  }
}
