import type { Storage, WriteBatch } from '@raft/core';
import type { ProcessLife } from './process-life.ts';

/** A machine's disk, over all lives of its process and until it is replaced. */
export interface StorageDevice {
  readonly storageId: string;
  /** Something was made to fail since the process started: its node may halt, or may not start. */
  readonly hasFailed: boolean;
  /** Bits have flipped where records vouch for them: unless nobody needs those any more, its node must refuse to start. Taken back by a start. */
  isDamaged: boolean;
  /** Puts a first batch on a new disk, as if it had always been there. Takes no time: only microtasks. */
  preform(batch: WriteBatch): Promise<void>;
  /** The storage of a process that starts. */
  attach(life: ProcessLife): Storage;
  /** The process has ended. What it wrote and did not sync is still in the page cache. */
  detach(): void;
  /** What was not synced is lost, but for no more than this share. */
  cutPower(surviving: number): void;
  /** The next write takes so many microseconds. */
  stall(microseconds: number): void;
  /** The next write fails, and so each one after it in this life. */
  fail(): void;
  /** While no process has it: flips a bit where a later record vouches for what stands there. False where there is no such place. */
  rot(): boolean;
  /** From now on it is quick and whole. */
  calmDown(): void;
}
