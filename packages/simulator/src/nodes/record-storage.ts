import type { WriteBatch } from '@raft/core';
import type { EventQueue } from '../world/event-queue.ts';
import type { DiskKnobs } from '../world/knobs.ts';
import type { Random } from '../world/random.ts';
import type { RecordDisk } from './record-disk.ts';
import type { Stats } from '../trace/stats.ts';

/** What a process hears of its storage. */
export interface StorageListener {
  /** This write reached the disk: whatever waited for it may go on. */
  durable(ticket: number): void;
  persisted(ticket: number): void;
  failed(): void;
  stalled(): void;
}

/** One process's way to its disk: latency, order, stalls, and failures that last. Ends with the process. */
export class RecordStorage {
  calm = false;
  private ended = false;
  private broken = false;
  private readonly tickets: number[] = [];
  private lastDone = 0;
  private progressAt = 0;
  private readonly parts: {
    readonly disk: RecordDisk;
    readonly queue: EventQueue;
    readonly random: Random;
    readonly knobs: DiskKnobs;
    readonly stallTimeout: number;
    readonly stats: Stats;
    readonly listener: StorageListener;
  };

  constructor(parts: RecordStorage['parts']) {
    this.parts = parts;
  }

  get idle(): boolean {
    return this.tickets.length === 0;
  }

  latency(): number {
    const { random, knobs } = this.parts;
    return this.calm ? Math.min(knobs.latency, 2000) : random.tailed(knobs.latency);
  }

  write(batch: WriteBatch, ticket: number): void {
    const { queue, disk, random, knobs, stats, stallTimeout } = this.parts;
    stats.writes++;
    disk.write(batch);
    if (this.broken) return;
    if (this.tickets.length === 0) this.watch();
    this.tickets.push(ticket);
    const stalls = !this.calm && random.chance(knobs.stall);
    const delay = stalls ? Math.floor(stallTimeout * (0.5 + 1.5 * random.fraction())) : this.latency();
    const at = Math.max(queue.now + delay, this.lastDone);
    this.lastDone = at;
    queue.after(at - queue.now, () => this.done(ticket));
  }

  end(): void {
    this.ended = true;
  }

  private done(ticket: number): void {
    const { queue, disk, random, knobs, stats, listener } = this.parts;
    if (this.ended || this.broken) return;
    if (!this.calm && random.chance(knobs.failure)) {
      this.broken = true;
      stats.failedWrites++;
      listener.failed();
      return;
    }
    disk.sync();
    this.tickets.shift();
    this.progressAt = queue.now;
    if (this.tickets.length > 0) this.watch();
    listener.durable(ticket);
    // The process may hear of it late, and of several writes at once by the last of them.
    const sameSync = this.lastDone === queue.now && this.tickets.length > 0;
    if (!sameSync || random.chance(0.5)) queue.after(random.chance(0.3) ? 100 : 0, () => this.ended || listener.persisted(ticket));
  }

  /** The deadline of `Stalled`: no write completed for so long although one is under way. */
  private watch(): void {
    const { queue, stats, listener, stallTimeout } = this.parts;
    const since = queue.now;
    this.progressAt = since;
    queue.after(stallTimeout, () => {
      if (this.ended || this.broken || this.tickets.length === 0 || this.progressAt !== since) return;
      stats.stalls++;
      listener.stalled();
    });
  }
}
