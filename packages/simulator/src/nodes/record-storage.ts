import type { WriteBatch } from '@raft/core';
import type { Stats } from '../trace/stats.ts';
import type { EventQueue } from '../world/event-queue.ts';
import type { Random } from '../world/random.ts';
import type { RecordDisk } from './record-disk.ts';

/** What a process hears of its storage. */
export interface StorageListener {
  /** This write reached the disk: whatever waited for it may go on. */
  durable(ticket: number): void;
  persisted(ticket: number): void;
  failed(): void;
  stalled(): void;
}

export interface RecordStorageOptions {
  readonly disk: RecordDisk;
  readonly queue: EventQueue;
  readonly random: Random;
  /** Of a write, in microseconds. */
  readonly latency: number;
  readonly stallTimeout: number;
  readonly stats: Stats;
  readonly listener: StorageListener;
}

/** One process's way to its disk: latency, order, stalls, and failures that last. Ends with the process. */
export class RecordStorage {
  private readonly options: RecordStorageOptions;
  private ended = false;
  private broken = false;
  private calm = false;
  private nextStall = 0;
  private nextFails = false;
  /** Under way, the oldest first. */
  private readonly open: { readonly ticket: number; readonly fails: boolean }[] = [];
  private lastDone = 0;
  private progressAt = 0;

  constructor(options: RecordStorageOptions) {
    this.options = options;
  }

  latency(): number {
    const { random, latency } = this.options;
    return this.calm ? Math.min(latency, 2000) : random.tailed(latency);
  }

  calmDown(): void {
    this.calm = true;
    this.nextStall = 0;
    this.nextFails = false;
    // What hangs comes through.
    for (const write of this.open) this.options.queue.after(1000, () => this.done(write));
  }

  /** The next write takes so long. */
  stallNext(microseconds: number): void {
    if (!this.calm) this.nextStall = microseconds;
  }

  /** The next write fails, and so does every later one. */
  failNext(): void {
    if (!this.calm) this.nextFails = true;
  }

  write(batch: WriteBatch, ticket: number): void {
    const { queue, disk, stats } = this.options;
    stats.writes++;
    disk.write(batch);
    if (this.broken) return;
    if (this.open.length === 0) this.watch();
    const delay = this.nextStall > 0 ? this.nextStall : this.latency();
    this.nextStall = 0;
    const underWay = { ticket, fails: this.nextFails };
    this.open.push(underWay);
    const at = Math.max(queue.now + delay, this.lastDone);
    this.lastDone = at;
    queue.after(at - queue.now, () => this.done(underWay));
  }

  end(): void {
    this.ended = true;
  }

  private done(write: RecordStorage['open'][number]): void {
    const { queue, disk, random, stats, listener } = this.options;
    if (this.ended || this.broken || !this.open.includes(write)) return;
    const { ticket, fails } = write;
    if (fails && !this.calm) {
      this.broken = true;
      stats.failedWrites++;
      listener.failed();
      return;
    }
    disk.sync();
    this.open.shift();
    this.progressAt = queue.now;
    if (this.open.length > 0) this.watch();
    listener.durable(ticket);
    // The process may hear of it late, and of several writes at once by the last of them.
    const sameSync = this.lastDone === queue.now && this.open.length > 0;
    if (!sameSync || random.chance(0.5)) queue.after(random.chance(0.3) ? 100 : 0, () => this.ended || listener.persisted(ticket));
  }

  /** The deadline of `Stalled`: no write completed for so long although one is under way. */
  private watch(): void {
    const { queue, stats, listener, stallTimeout } = this.options;
    const since = queue.now;
    this.progressAt = since;
    queue.after(stallTimeout, () => {
      if (this.ended || this.broken || this.open.length === 0 || this.progressAt !== since) return;
      stats.stalls++;
      listener.stalled();
    });
  }
}
