import type { Storage, WriteBatch } from '@raft/core';
import type { ProcessLife } from './process-life.ts';
import { RecordBackedStorage } from './record-backed-storage.ts';
import { RecordState, type RecordStateOptions } from './record-state.ts';
import type { StorageDevice } from './storage-device.ts';

/** A disk that keeps records, each whole or not at all: a storage without files, that loses only what it may lose. */
export class RecordDevice implements StorageDevice {
  readonly storageId: string;
  isDamaged = false;
  readonly #state: RecordState;
  #storage: RecordBackedStorage | undefined;

  constructor(options: RecordStateOptions) {
    this.storageId = options.storageId;
    this.#state = new RecordState(options);
  }

  get hasFailed(): boolean {
    return this.#state.hasFailed;
  }

  async preform(batch: WriteBatch): Promise<void> {
    if (this.#state.clusterId === undefined) this.#state.apply({ batch, dropsLog: false, truncateFrom: undefined, image: undefined });
  }

  attach(life: ProcessLife): Storage {
    this.#state.hasFailed = false;
    this.#state.fails = false;
    this.#storage = new RecordBackedStorage(this.#state, life);
    return this.#storage;
  }

  detach(): void {
    this.#storage?.detach();
    this.#storage = undefined;
  }

  cutPower(surviving: number): void {
    this.#state.sync(Math.floor(this.#state.unsynced.length * surviving));
    this.#state.unsynced = [];
  }

  stall(microseconds: number): void {
    if (!this.#state.isCalm) this.#state.stall = microseconds;
  }

  fail(): void {
    if (!this.#state.isCalm) this.#state.fails = true;
  }

  /** Records are whole or not there. */
  rot(): boolean {
    return false;
  }

  calmDown(): void {
    this.#state.isCalm = true;
    this.#state.fails = false;
    this.#state.stall = 0;
  }
}
