import type { SnapshotReader, SnapshotWriter, Storage, StorageState, WriteBatch } from '@raft/core';
import { type LogPlan, SnapshotShelf } from '@raft/core/storages';
import { type Bytes, type Entry, RaftError, type SnapshotMeta } from '@raft/wire';
import { joined } from '../world/bytes.ts';
import { never, type ProcessLife } from './process-life.ts';
import type { CheckedBatch, RecordState, StoredImage } from './record-state.ts';

interface Waiting {
  readonly resolve: () => void;
  readonly reject: (error: RaftError) => void;
}

/**
 * The contract of a storage over a disk of records. Writes that wait while a sync is under way share the next one. What the disk does happens when
 * its time has come, whether or not the process is stopped; that the process hears of it happens in its life.
 */
export class RecordBackedStorage implements Storage {
  readonly #device: RecordState;
  readonly #life: ProcessLife;
  #phase: 'new' | 'open' | 'closed' = 'new';
  #plan: LogPlan | undefined;
  #shelf = new SnapshotShelf<StoredImage>({ current: undefined, remove: () => undefined });
  #waiting: Waiting[] = [];
  #syncing = false;
  #failure: RaftError | undefined;
  #idle: (() => void)[] = [];
  /** Its process is gone: the disk does nothing more for it. */
  #detached = false;

  constructor(device: RecordState, life: ProcessLife) {
    this.#device = device;
    this.#life = life;
  }

  detach(): void {
    this.#detached = true;
  }

  async open(): Promise<StorageState> {
    if (this.#phase === 'closed') throw closed();
    if (this.#phase === 'open') throw new RaftError('invalidArgument', 'a storage is opened once');
    this.#phase = 'open';
    await this.#wait(this.#device.syncTime());
    const { state, plan } = this.#device.recover();
    this.#plan = plan;
    this.#shelf = new SnapshotShelf<StoredImage>({ current: this.#device.image, remove: () => undefined });
    return state;
  }

  async write(batch: WriteBatch): Promise<void> {
    const plan = this.#use();
    if (this.#failure !== undefined) throw this.#failure;
    const change = plan.check(batch);
    const image = batch.snapshot && this.#shelf.find(batch.snapshot);
    plan.take(batch, change);
    const checked: CheckedBatch = { batch, dropsLog: change.dropsLog, truncateFrom: change.truncateFrom, image };
    this.#device.unsynced.push(checked);
    await new Promise<void>((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      if (!this.#syncing) this.#sync();
    });
  }

  async readEntries(range: { readonly from: number; readonly to: number; readonly maxBytes: number }): Promise<readonly Entry[]> {
    this.#use();
    const { firstIndex, entries } = this.#device;
    const found = range.from < firstIndex ? [] : cut(entries.slice(range.from - firstIndex, range.to - firstIndex + 1), range.maxBytes);
    await this.#wait(this.#device.readTime());
    return found;
  }

  async createSnapshot(meta: SnapshotMeta): Promise<SnapshotWriter> {
    this.#use();
    await this.#wait(this.#device.readTime());
    return new RecordSnapshotWriter({
      meta,
      check: () => void this.#use(),
      wait: () => this.#wait(this.#device.syncTime()),
      committed: (image) => this.#shelf.committed(image),
    });
  }

  async openSnapshot(): Promise<SnapshotReader | undefined> {
    this.#use();
    const image = this.#shelf.pinCurrent();
    await this.#wait(this.#device.readTime());
    return image && new RecordSnapshotReader(image, () => this.#wait(this.#device.readTime()));
  }

  async compact(index: number): Promise<void> {
    const plan = this.#use();
    if (this.#failure !== undefined) throw this.#failure;
    const through = Math.min(index, this.#device.image?.meta.lastIncludedIndex ?? 0);
    plan.compact(through);
    this.#device.compact(through);
    await this.#wait(this.#device.syncTime());
  }

  async close(): Promise<void> {
    this.#phase = 'closed';
    if (this.#syncing) await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #sync(): void {
    this.#syncing = true;
    const device = this.#device;
    // Begins behind what this turn asks for: all of it shares the sync.
    void Promise.resolve().then(() => {
      const group = this.#waiting;
      this.#waiting = [];
      device.queue.after(device.writeTime(), () => this.#synced(group));
    });
  }

  #synced(group: readonly Waiting[]): void {
    if (this.#detached) return;
    const device = this.#device;
    if (device.fails) {
      device.hasFailed = true;
      this.#failure = new RaftError('storageFailed', 'the disk was made to fail');
      const all = [...group, ...this.#waiting];
      this.#waiting = [];
      this.#syncing = false;
      this.#life.run(() => this.#ended(() => all.map(({ reject }) => reject(this.#failure ?? closed()))));
      return;
    }
    const snapshot = device.unsynced.slice(0, group.length).findLast(({ image }) => image !== undefined);
    device.sync(group.length);
    if (snapshot?.image) this.#shelf.makeCurrent(snapshot.image);
    const more = this.#waiting.length > 0;
    this.#syncing = more;
    if (more) this.#sync();
    this.#life.run(() => this.#ended(() => group.map(({ resolve }) => resolve())));
  }

  #ended(settleAll: () => unknown): void {
    settleAll();
    if (this.#syncing) return;
    const idle = this.#idle;
    this.#idle = [];
    for (const resolve of idle) resolve();
  }

  #wait(delay: number): Promise<void> {
    return this.#life.ended ? never() : new Promise((resolve) => this.#life.later(delay, resolve));
  }

  #use(): LogPlan {
    if (this.#phase === 'closed') throw closed();
    if (this.#phase !== 'open' || !this.#plan) throw new RaftError('invalidArgument', 'open() the storage first');
    return this.#plan;
  }
}

interface WriterParts {
  readonly meta: SnapshotMeta;
  readonly check: () => void;
  readonly wait: () => Promise<void>;
  readonly committed: (image: StoredImage) => void;
}

class RecordSnapshotWriter implements SnapshotWriter {
  readonly #parts: WriterParts;
  readonly #chunks: Bytes[] = [];
  #phase: 'open' | 'committed' | 'aborted' = 'open';

  constructor(parts: WriterParts) {
    this.#parts = parts;
  }

  async write(chunk: Bytes): Promise<void> {
    this.#check();
    this.#chunks.push(chunk.slice());
    await Promise.resolve();
  }

  async commit(): Promise<void> {
    this.#check();
    this.#phase = 'committed';
    const data = joined(this.#chunks);
    await this.#parts.wait();
    this.#parts.committed({ meta: this.#parts.meta, data });
  }

  async abort(): Promise<void> {
    if (this.#phase === 'open') this.#phase = 'aborted';
  }

  #check(): void {
    this.#parts.check();
    if (this.#phase !== 'open') throw new RaftError('invalidArgument', `the snapshot is ${this.#phase}`);
  }
}

class RecordSnapshotReader implements SnapshotReader {
  readonly meta: SnapshotMeta;
  readonly size: number;
  readonly #wait: () => Promise<void>;
  #data: Bytes | undefined;

  constructor({ meta, data }: StoredImage, wait: () => Promise<void>) {
    this.meta = meta;
    this.size = data.length;
    this.#data = data;
    this.#wait = wait;
  }

  async read(offset: number, maxBytes: number): Promise<Bytes> {
    if (this.#data === undefined) throw new RaftError('closed', 'the snapshot was disposed');
    const data = this.#data.slice(offset, offset + maxBytes);
    await this.#wait();
    return data;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#data = undefined;
  }
}

/** As many as fit, at least one. */
function cut(entries: readonly Entry[], maxBytes: number): readonly Entry[] {
  let bytes = 0;
  const end = entries.findIndex((entry, at) => {
    bytes += entry.bytes.length;
    return at > 0 && bytes > maxBytes;
  });
  return end === -1 ? entries : entries.slice(0, end);
}

function closed(): RaftError {
  return new RaftError('closed', 'the storage is closed');
}
