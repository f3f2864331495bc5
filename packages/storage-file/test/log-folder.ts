import type { RaftEvent, Storage, StorageState } from '@raft/core';
import { type Entry, encodeEntry, type SnapshotMeta } from '@raft/wire';
import { logStorage } from '../src/log.ts';
import { CrashDisk } from './crash-disk.ts';
import { seededRandom } from './random.ts';

/** A folder in memory whose files a test may spoil. */
export class LogFolder {
  readonly #disk = new CrashDisk(seededRandom(1));
  readonly events: RaftEvent[] = [];
  readonly #segmentBytes: number;

  constructor(segmentBytes = 4096) {
    this.#segmentBytes = segmentBytes;
  }

  get names(): string[] {
    return [...this.#disk.names.keys()].sort();
  }

  storage(): Storage {
    return logStorage({ fileSystem: this.#disk.process(), segmentBytes: this.#segmentBytes, log: (event) => this.events.push(event) });
  }

  /** Opens, looks, and gives up the storage as a kill would. */
  async look(): Promise<StorageState> {
    const process = this.#disk.process();
    const storage = logStorage({ fileSystem: process, segmentBytes: this.#segmentBytes, log: (event) => this.events.push(event) });
    try {
      return await storage.open();
    } finally {
      process.kill();
    }
  }

  bytes(name: string): Uint8Array {
    const inode = this.#disk.names.get(name);
    if (!inode) throw new Error(`no file ${name}`);
    return inode.cache;
  }

  remove(name: string): void {
    this.#disk.names.delete(name);
  }

  /** All content, to be compared or put back. */
  save(): Map<string, Uint8Array> {
    return new Map([...this.#disk.names].map(([name, inode]) => [name, inode.cache.slice()]));
  }

  restore(saved: ReadonlyMap<string, Uint8Array>): void {
    const process = this.#disk;
    for (const name of [...process.names.keys()]) if (!saved.has(name)) process.names.delete(name);
    for (const [name, bytes] of saved) {
      const inode = process.names.get(name) ?? { cache: new Uint8Array(0), disk: new Uint8Array(0), dirty: new Map(), sizes: [] };
      inode.cache = Uint8Array.from(bytes);
      process.names.set(name, inode);
    }
  }
}

export function entriesOf(from: number, to: number, term = 1, bytes = 40): Entry[] {
  return Array.from({ length: to - from + 1 }, (_, at) =>
    encodeEntry({ index: from + at, term, kind: 'command', data: new Uint8Array(bytes).fill(from + at) }),
  );
}

export function metaOf(lastIncludedIndex: number, lastIncludedTerm = 1): SnapshotMeta {
  return {
    lastIncludedIndex,
    lastIncludedTerm,
    configuration: { voters: [{ id: 'n1', storageId: '0123456789abcdef0123456789abcdef' }] },
    configurationIndex: 1,
  };
}

export async function installSnapshot(storage: Storage, meta: SnapshotMeta): Promise<void> {
  const writer = await storage.createSnapshot(meta);
  await writer.write(new Uint8Array(300).fill(7));
  await writer.commit();
  await storage.write({ snapshot: meta, entries: [] });
}
