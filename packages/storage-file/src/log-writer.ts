import type { Bytes, RaftError } from '@raft/wire';
import { type BatchBody, batchHeaderBytes, putBatch } from './batch-codec.ts';
import { toRaftError } from './failures.ts';
import type { FileSystem } from './file-system.ts';
import { type LogState, nextState, startRecord } from './log-state.ts';
import type { PlannedBatch } from './planned-batch.ts';
import { encodeRecord, noRecord } from './record-codec.ts';
import { createSegment, type Segment, segmentCapacity } from './segment-file.ts';

/** Where a writer goes on. */
export interface LogEnd {
  readonly segment: Segment;
  /** Where the next batch begins. */
  readonly offset: number;
  /** Number and checksum of the last batch, which is durable. */
  readonly number: number;
  readonly checksum: number;
  readonly state: LogState;
}

export interface LogWriterOptions {
  readonly fileSystem: FileSystem;
  readonly storageId: Bytes;
  readonly segmentBytes: number;
  readonly end: LogEnd;
  /** Asked before each write to the disk: throws if the folder is no longer ours. */
  readonly check: () => void;
  /** A batch is durable; its entries begin at `offset`. Called in order, before its promise resolves. */
  readonly durable: (batch: PlannedBatch, segment: number, offset: number) => void;
  /** A segment was begun; `number` is that of its first batch. */
  readonly begun: (segment: SegmentStart) => void;
}

/** Tells compaction which segments are no longer needed. */
export interface SegmentStart {
  readonly segment: number;
  /** Number of its first batch. */
  readonly number: number;
  /** Last index of the log in front of it. */
  readonly lastIndex: number;
}

interface QueuedBatch extends PlannedBatch {
  readonly resolve: () => void;
  readonly reject: (reason: RaftError) => void;
}

interface PlacedBatch {
  readonly batch: QueuedBatch;
  readonly entriesOffset: number;
}

/** Most bytes that are written and synced at once, unless one batch alone has more. */
const maxGroupBytes = 8 * 1024 * 1024;

const firstBufferBytes = 64 * 1024;

/**
 * Appends batches. What is asked for while a sync is under way is written after it in one piece and made durable by one
 * sync (group commit); nothing lingers.
 */
export class LogWriter {
  readonly #options: LogWriterOptions;
  #segment: Segment;
  /** The next segment, made while this one is filled: tried at most once in advance, undefined where that failed. */
  #spare: Promise<Segment | undefined> | undefined;
  #offset: number;
  #number: number;
  #durableNumber: number;
  #checksum: number;
  /** Behind the last batch that was written. */
  #state: LogState;
  #queue: QueuedBatch[] = [];
  /** Runs while the queue isn't empty. */
  #pump: Promise<void> | undefined;
  /** Batches that are encoded and not yet written, `used` bytes of it. */
  #buffer: Bytes = new Uint8Array(firstBufferBytes);
  #used = 0;
  #failure: RaftError | undefined;

  constructor(options: LogWriterOptions) {
    this.#options = options;
    this.#segment = options.end.segment;
    this.#offset = options.end.offset;
    this.#number = options.end.number;
    this.#durableNumber = options.end.number;
    this.#checksum = options.end.checksum;
    this.#state = options.end.state;
  }

  /** Why no more is written. */
  get failure(): RaftError | undefined {
    return this.#failure;
  }

  /** Number of the last batch that is known durable. */
  get durableNumber(): number {
    return this.#durableNumber;
  }

  append(batch: PlannedBatch): Promise<void> {
    if (this.#failure) return Promise.reject(this.#failure);
    return new Promise((resolve, reject) => {
      this.#queue.push({ ...batch, resolve, reject });
      // Begins behind this turn's microtasks, so that what one turn asks for shares a sync.
      this.#pump ??= Promise.resolve().then(() => this.#run());
    });
  }

  /** Nothing more is written: what is on the disk is not known. Rejects all that waits. */
  fail(error: unknown): RaftError {
    this.#failure ??= toRaftError(error, this.#options.fileSystem.location);
    const waiting = this.#queue;
    this.#queue = [];
    for (const batch of waiting) batch.reject(this.#failure);
    return this.#failure;
  }

  /** Vouches, without a sync, for all that was written: it is durable, and bad bytes in it are damage from here on. */
  mark(): void {
    this.#put({ kind: 'marker', record: noRecord, entries: [] });
    this.#flush();
  }

  /** Waits for what was asked for, then closes the files. */
  async close(): Promise<void> {
    await this.#pump;
    const spare = await this.#spare;
    await spare?.file.close();
    await this.#segment.file.close();
  }

  async #run(): Promise<void> {
    try {
      while (this.#queue.length > 0) await this.#writeGroup();
    } catch (error) {
      this.fail(error);
    } finally {
      this.#pump = undefined;
    }
  }

  async #writeGroup(): Promise<void> {
    if (!this.#fits(this.#queue[0]?.bytes ?? 0)) await this.#rotate();
    // A rotation takes long enough for something else to fail, and what waited was rejected then.
    if (this.#failure) return;
    this.#options.check();
    const { number: segment, file } = this.#segment;
    const group = this.#putGroup();
    try {
      this.#flush();
      this.#prepareSpare();
      await file.sync();
      if (this.#failure) throw this.#failure;
      this.#durableNumber = this.#number;
      if (this.#queue.length === 0) this.mark();
      for (const { batch, entriesOffset } of group) {
        this.#options.durable(batch, segment, entriesOffset);
        batch.resolve();
      }
    } catch (error) {
      const failure = this.fail(error);
      // To those that were resolved this means nothing.
      for (const { batch } of group) batch.reject(failure);
    }
  }

  /** Puts as many of the waiting batches as fit into this segment and one write, at least one. */
  #putGroup(): PlacedBatch[] {
    if (this.#offset === 0) this.#putStart();
    const group: PlacedBatch[] = [];
    for (const batch of this.#queue) {
      const full = this.#used + batch.bytes > maxGroupBytes || !this.#fits(this.#used + batch.bytes);
      if (full && group.length > 0) break;
      const offset = this.#put({ kind: 'write', record: batch.recordBytes, entries: batch.entries });
      group.push({ batch, entriesOffset: offset + batchHeaderBytes + batch.recordBytes.length });
      this.#state = nextState(this.#state, batch.record, batch.lastIndex);
    }
    this.#queue.splice(0, group.length);
    return group;
  }

  #putStart(): void {
    this.#options.begun({ segment: this.#segment.number, number: this.#number + 1, lastIndex: this.#state.lastIndex });
    this.#put({ kind: 'start', record: encodeRecord(startRecord(this.#state)), entries: [] });
  }

  /** Encodes the next batch of the chain behind those that wait in the buffer. Gives its offset in the segment. */
  #put(body: BatchBody): number {
    const bytes = body.entries.reduce((sum, entry) => sum + entry.bytes.length, batchHeaderBytes + body.record.length);
    this.#reserve(this.#used + bytes);
    const offset = this.#offset + this.#used;
    this.#number += 1;
    const place = {
      storageId: this.#options.storageId,
      number: this.#number,
      segment: this.#segment.number,
      offset,
      durable: this.#durableNumber,
      previousChecksum: this.#checksum,
    };
    this.#checksum = putBatch(this.#buffer, this.#used, place, body);
    this.#used += bytes;
    return offset;
  }

  #reserve(bytes: number): void {
    if (bytes <= this.#buffer.length) return;
    const larger = new Uint8Array(Math.max(bytes, this.#buffer.length * 2));
    larger.set(this.#buffer.subarray(0, this.#used));
    this.#buffer = larger;
  }

  /** One contiguous buffer, one write: much cheaper than many small parts. */
  #flush(): void {
    this.#segment.file.write(this.#buffer.subarray(0, this.#used), this.#offset);
    this.#offset += this.#used;
    this.#used = 0;
    if (this.#buffer.length > 2 * maxGroupBytes) this.#buffer = new Uint8Array(firstBufferBytes);
  }

  /** With a marker behind it. A fresh segment takes anything: then the file grows. */
  #fits(bytes: number): boolean {
    return this.#offset + bytes + batchHeaderBytes <= this.#segment.capacity || (this.#offset === 0 && this.#used === 0);
  }

  async #rotate(): Promise<void> {
    const next = (await this.#spare) ?? (await this.#createNext());
    // It stays the spare until it is in use, so that `close` finds it, whatever fails in between.
    this.#spare = Promise.resolve(next);
    if (this.#failure) throw this.#failure;
    const old = this.#segment;
    if (this.#durableNumber < this.#number) {
      // A marker that is lost while its successor in the next file survives would break the chain.
      await old.file.sync();
      this.#durableNumber = this.#number;
    }
    this.#segment = next;
    this.#spare = undefined;
    this.#offset = 0;
    await old.file.close();
  }

  #createNext(): Promise<Segment> {
    const number = this.#segment.number + 1;
    return createSegment(this.#options.fileSystem, number, segmentCapacity(number, this.#options.segmentBytes));
  }

  /** From half of a segment on, so that the next one is ready in time and a short life makes none. */
  #prepareSpare(): void {
    if (this.#spare || this.#offset * 2 < this.#segment.capacity) return;
    // A disk that is full now may have room by the time of the rotation: only the rotation's own attempt counts.
    this.#spare = this.#createNext().catch(() => undefined);
  }
}
