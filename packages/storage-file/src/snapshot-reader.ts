import type { SnapshotReader } from '@raft/core';
import { type Bytes, crc32, RaftError, type SnapshotMeta } from '@raft/wire';
import { damaged, invalid, toRaftError } from './failures.ts';
import type { OpenFile } from './file-system.ts';
import { blockBytes, type SnapshotLayout } from './snapshot-file.ts';

export interface SnapshotReaderOptions {
  readonly file: OpenFile;
  readonly layout: SnapshotLayout;
  /** For messages. */
  readonly location: string;
  readonly name: string;
  /** Called once. */
  readonly disposed: (reader: FileSnapshotReader) => void;
}

/** Reads one snapshot file, block by block. */
export class FileSnapshotReader implements SnapshotReader {
  readonly #options: SnapshotReaderOptions;
  #closing: Promise<void> | undefined;
  readonly #reads = new Set<Promise<unknown>>();

  constructor(options: SnapshotReaderOptions) {
    this.#options = options;
  }

  get meta(): SnapshotMeta {
    return this.#options.layout.meta;
  }

  get size(): number {
    return this.#options.layout.size;
  }

  async read(offset: number, maxBytes: number): Promise<Bytes> {
    if (this.#closing !== undefined) throw new RaftError('closed', 'the snapshot was disposed');
    if (!(Number.isSafeInteger(offset) && offset >= 0 && maxBytes >= 0)) throw invalid(`can't read ${maxBytes} bytes from ${offset}`);
    const reading = this.#read(offset, Math.min(this.size, offset + maxBytes));
    this.#reads.add(reading);
    try {
      return await reading;
    } catch (error) {
      throw toRaftError(error, this.#options.location);
    } finally {
      this.#reads.delete(reading);
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await Promise.allSettled(this.#reads);
    // Nothing was written through it: there is nothing that a failure could tell.
    await this.#options.file.close().catch(() => undefined);
    this.#options.disposed(this);
  }

  async #read(from: number, to: number): Promise<Bytes> {
    if (from >= to) return new Uint8Array(0);
    const { file, layout, location, name } = this.#options;
    const firstBlock = Math.floor(from / blockBytes);
    const start = firstBlock * blockBytes;
    const end = Math.min(layout.size, Math.ceil(to / blockBytes) * blockBytes);
    const bytes = await file.read(layout.dataOffset + start, end - start);
    for (let block = firstBlock; block * blockBytes < end; block += 1) {
      const at = block * blockBytes - start;
      const piece = bytes.subarray(at, at + Math.min(blockBytes, end - block * blockBytes));
      if (crc32(piece) !== layout.checksums[block])
        throw damaged(location, name, layout.dataOffset + block * blockBytes, 'a block is wrong');
    }
    return bytes.subarray(from - start, to - start);
  }
}
