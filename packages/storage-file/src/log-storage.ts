import type { EventLog, SnapshotReader, SnapshotWriter, Storage, StorageState, WriteBatch } from '@raft/core';
import { LogPlan } from '@raft/core/storages';
import { type Bytes, type Entry, RaftError, type SnapshotMeta, type StorageId } from '@raft/wire';
import type { EntryPositions } from './entry-positions.ts';
import { readRegions } from './entry-reader.ts';
import { invalid, isMissing, toRaftError } from './failures.ts';
import { segmentName } from './file-names.ts';
import type { FileSystem } from './file-system.ts';
import { fromHex } from './hex.ts';
import { LogWriter, type SegmentStart } from './log-writer.ts';
import { openLog } from './open-log.ts';
import { type PlannedBatch, planBatch } from './planned-batch.ts';
import { Snapshots } from './snapshots.ts';

/** Keeps others out of a folder. Taken before the first file is looked at. */
export interface FolderLock {
  /** Throws if the folder is no longer ours. Called before each write. */
  check(): void;
  release(): void;
}

export interface LogStorageOptions {
  /** Called once, at open. */
  readonly prepare: () => Promise<{ readonly fileSystem: FileSystem; readonly lock: FolderLock }>;
  /** For messages before there is a file system. */
  readonly location: string;
  /** Size of a segment, from which on a new one is begun. */
  readonly segmentBytes: number;
  /** Used when the folder is formatted. */
  readonly newStorageId: () => StorageId;
  readonly log: EventLog;
}

interface Opened {
  readonly fileSystem: FileSystem;
  readonly lock: FolderLock;
  readonly storageId: Bytes;
  readonly writer: LogWriter;
  readonly snapshots: Snapshots;
  readonly plan: LogPlan;
  /** Of the entries that are durable. */
  readonly positions: EntryPositions;
  /** In rising order; the first is the oldest that is kept. */
  starts: SegmentStart[];
}

/** The storage over any {@link FileSystem}: what {@link fileStorage} and the simulator run. */
export class LogStorage implements Storage {
  readonly #options: LogStorageOptions;
  #phase: 'new' | 'opening' | 'open' | 'closed' = 'new';
  #opening: Promise<unknown> = Promise.resolve();
  #opened: Opened | undefined;
  /** Reads and compactions under way. */
  readonly #work = new Set<Promise<unknown>>();
  #closing: Promise<void> | undefined;

  constructor(options: LogStorageOptions) {
    this.#options = options;
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
      throw toRaftError(error, this.#options.location);
    }
  }

  async write(batch: WriteBatch): Promise<void> {
    const { plan, writer, snapshots } = this.#use();
    if (writer.failure) throw writer.failure;
    await writer.append(planBatch(plan, batch, batch.snapshot && snapshots.find(batch.snapshot)));
  }

  async readEntries(range: { readonly from: number; readonly to: number; readonly maxBytes: number }): Promise<readonly Entry[]> {
    const { fileSystem, storageId, positions } = this.#use();
    // Where the entries lie is settled in this turn, so that no later write is seen.
    const regions = positions.regions(range);
    if (regions.length === 0) return [];
    return await this.#track(readRegions(fileSystem, storageId, { from: range.from, maxBytes: range.maxBytes, regions })).catch((error) => {
      if (isMissing(error) && range.from < positions.firstIndex) return [];
      throw toRaftError(error, fileSystem.location);
    });
  }

  async createSnapshot(meta: SnapshotMeta): Promise<SnapshotWriter> {
    const { fileSystem, snapshots } = this.#use();
    return await snapshots.create(meta).catch((error) => {
      throw toRaftError(error, fileSystem.location);
    });
  }

  async openSnapshot(): Promise<SnapshotReader | undefined> {
    const { fileSystem, snapshots } = this.#use();
    return await snapshots.open().catch((error) => {
      throw toRaftError(error, fileSystem.location);
    });
  }

  async compact(index: number): Promise<void> {
    const opened = this.#use();
    if (opened.writer.failure) throw opened.writer.failure;
    await this.#track(this.#compact(opened, index)).catch((error) => {
      throw opened.writer.fail(error);
    });
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #open(): Promise<StorageState> {
    const { prepare, newStorageId, log, segmentBytes } = this.#options;
    const { fileSystem, lock } = await prepare();
    try {
      const { state, end, recovered, nextFile, vouch } = await openLog(fileSystem, { segmentBytes, newStorageId, log });
      const storageId = fromHex(state.storageId);
      const { outline, positions, starts } = recovered.replay;
      const writer = new LogWriter({
        fileSystem,
        storageId,
        segmentBytes,
        end,
        check: lock.check,
        durable: (batch, segment, offset) => this.#durable(batch, segment, offset),
        begun: (start) => this.#opened?.starts.push(start),
      });
      const check = () => void this.#use();
      const failed = (error: unknown) => void writer.fail(error);
      const snapshots = new Snapshots({ fileSystem, storageId, current: end.state.snapshot, nextFile, check, failed });
      const plan = new LogPlan(outline, state.snapshot);
      this.#opened = { fileSystem, lock, storageId, writer, snapshots, plan, positions, starts };
      if (vouch) writer.mark();
      return state;
    } catch (error) {
      await this.#opened?.writer.close().catch(() => undefined);
      this.#opened = undefined;
      lock.release();
      throw error;
    }
  }

  #durable({ record, entries }: PlannedBatch, segment: number, entriesOffset: number): void {
    const opened = this.#opened;
    if (!opened) return;
    const { positions, snapshots } = opened;
    if (record.snapshot && record.dropsLog) positions.reset(record.snapshot.meta.lastIncludedIndex);
    if (record.truncateFrom !== undefined) positions.truncateFrom(record.truncateFrom);
    let offset = entriesOffset;
    let batchRest = entries.length;
    for (const { bytes } of entries) {
      positions.append({ segment, offset, length: bytes.length, batchRest });
      offset += bytes.length;
      batchRest -= 1;
    }
    if (record.snapshot) snapshots.makeCurrent(record.snapshot);
  }

  async #compact(opened: Opened, index: number): Promise<void> {
    const { fileSystem, positions, plan, snapshots, writer } = opened;
    const through = Math.min(index, snapshots.current?.meta.lastIncludedIndex ?? 0);
    positions.compact(through);
    plan.compact(through);
    // A segment may go when its successor says that it begins behind nothing but what the snapshot covers, and that is durable.
    const first = opened.starts.findLastIndex((start) => start.lastIndex <= through && start.number <= writer.durableNumber);
    if (first <= 0) return;
    const surplus = opened.starts.slice(0, first);
    opened.starts = opened.starts.slice(first);
    for (const { segment } of surplus) await fileSystem.remove(segmentName(segment));
    await fileSystem.syncDirectory();
  }

  async #close(): Promise<void> {
    this.#phase = 'closed';
    await this.#opening;
    const opened = this.#opened;
    if (!opened) return;
    await opened.snapshots.close();
    await Promise.allSettled(this.#work);
    // Each write that was asked for has its answer: what goes wrong from here on loses nothing.
    await opened.writer.close().catch(() => undefined);
    opened.lock.release();
  }

  #use(): Opened {
    if (this.#phase === 'closed') throw closed();
    if (this.#phase !== 'open' || !this.#opened) throw invalid('open() the storage first');
    return this.#opened;
  }

  #track<Value>(work: Promise<Value>): Promise<Value> {
    const tracked = work.finally(() => this.#work.delete(tracked));
    this.#work.add(tracked);
    return tracked;
  }
}

function closed(): RaftError {
  return new RaftError('closed', 'the storage is closed');
}
