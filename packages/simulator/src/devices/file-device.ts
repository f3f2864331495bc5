import type { RaftEvent, Storage, WriteBatch } from '@raft/core';
import { logStorage } from '@raft/storage-file/log';
import { never, type ProcessLife } from '../nodes/process-life.ts';
import type { StorageDevice } from '../nodes/storage-device.ts';
import type { EventQueue } from '../world/event-queue.ts';
import type { Random } from '../world/random.ts';
import { findVouchedFor } from './rot.ts';
import { SimulatedDisk } from './simulated-disk.ts';
import { type CallFaults, type CallTimes, noFaults, noTimes, SimulatedFileSystem } from './simulated-file-system.ts';

export interface FileDeviceOptions {
  readonly storageId: string;
  readonly queue: EventQueue;
  readonly random: Random;
  /** Microseconds of a sync, about. */
  readonly latency: number;
  /** Small, so that segments end often. */
  readonly segmentBytes: number;
  readonly log?: (event: RaftEvent) => void;
}

/** How the disk fails next. */
type Failure = 'sync' | 'full' | 'read';

/** A machine's disk with the real file storage on it. */
export class FileDevice implements StorageDevice {
  readonly storageId: string;
  hasFailed = false;
  isDamaged = false;
  readonly disk: SimulatedDisk;
  readonly #options: FileDeviceOptions;
  #calm = false;
  #stall = 0;
  #failure: Failure | undefined;
  #isFull = false;
  /** Of the process that has it now. */
  #attached = {};

  constructor(options: FileDeviceOptions) {
    this.#options = options;
    this.storageId = options.storageId;
    this.disk = new SimulatedDisk(options.random);
  }

  async preform(batch: WriteBatch): Promise<void> {
    if (this.disk.names.size > 0) return;
    const storage = this.#storage(noTimes, noFaults);
    await storage.open();
    await storage.write(batch);
    await storage.close();
  }

  attach(life: ProcessLife): Storage {
    this.hasFailed = false;
    this.#failure = undefined;
    this.#isFull = false;
    const attached = {};
    this.#attached = attached;
    const { queue } = this.#options;
    const ends = (delay: number, effect: () => void): Promise<void> => {
      if (life.ended) return never();
      return new Promise((resolve) => {
        queue.after(delay, () => {
          // The kernel goes on while the process is stopped; once it has ended, nothing is asked of the kernel any more.
          if (this.#attached !== attached || life.ended) return;
          effect();
          life.run(resolve);
        });
      });
    };
    return this.#storage(
      { call: (effect) => ends(this.#callTime(), effect), sync: (effect) => ends(this.#syncTime(), effect) },
      this.#faults(),
    );
  }

  detach(): void {
    this.#attached = {};
  }

  cutPower(surviving: number): void {
    this.disk.cutPower(surviving);
  }

  stall(microseconds: number): void {
    if (!this.#calm) this.#stall = microseconds;
  }

  fail(): void {
    if (!this.#calm) this.#failure = this.#options.random.pick(['sync', 'sync', 'full', 'read'] as const);
  }

  calmDown(): void {
    this.#calm = true;
    this.#stall = 0;
    this.#failure = undefined;
    this.#isFull = false;
  }

  rot(): boolean {
    const { random } = this.#options;
    const places = findVouchedFor(this.disk);
    if (places.length === 0) return false;
    const { inode, offset, length } = random.pick(places);
    const at = offset + random.between(0, length - 1);
    if (random.chance(0.5)) this.disk.flip(inode, at, random.between(0, 7));
    else this.disk.loseSector(inode, at, { from: offset, to: offset + length });
    this.isDamaged = true;
    return true;
  }

  #storage(times: CallTimes, faults: CallFaults): Storage {
    const { segmentBytes, log, storageId } = this.#options;
    const fileSystem = new SimulatedFileSystem({ location: `disk ${storageId.slice(-4)}`, disk: this.disk, times, faults });
    return logStorage({ fileSystem, segmentBytes, storageId, ...(log && { log }) });
  }

  #faults(): CallFaults {
    return {
      read: () => (this.#takes('read') ? 'EIO' : undefined),
      write: (grows) => {
        if (this.#takes('full')) this.#isFull = true;
        else if (!(this.#isFull && grows)) return undefined;
        this.hasFailed = true;
        return 'ENOSPC';
      },
      sync: () => (this.#takes('sync') ? 'EIO' : undefined),
    };
  }

  #takes(failure: Failure): boolean {
    if (this.#failure !== failure) return false;
    this.#failure = undefined;
    this.hasFailed = true;
    return true;
  }

  #callTime(): number {
    return this.#calm ? 20 : this.#options.random.between(5, 200);
  }

  #syncTime(): number {
    const { latency, random } = this.#options;
    if (this.#calm) return Math.min(latency, 2000);
    const stall = this.#stall;
    this.#stall = 0;
    return Math.max(random.tailed(latency), stall);
  }
}
