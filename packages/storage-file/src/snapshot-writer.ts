import type { SnapshotWriter } from '@raft/core';
import type { Bytes } from '@raft/wire';
import { invalid, toRaftError } from './failures.ts';
import { snapshotName, temporarySuffix } from './file-names.ts';
import type { FileSystem, OpenFile } from './file-system.ts';
import type { SnapshotRef } from './record-codec.ts';
import { BlockChecksums, encodeSnapshotEnd, encodeSnapshotHeader } from './snapshot-file.ts';

/** After so many bytes a writer waits for the disk, so that the last sync, and the log's beside it, don't wait long. */
const syncEveryBytes = 8 * 1024 * 1024;

export interface SnapshotWriterOptions {
  readonly fileSystem: FileSystem;
  readonly storageId: Bytes;
  readonly ref: SnapshotRef;
  /** Throws when the storage takes no more calls. */
  readonly check: () => void;
  readonly committed: (ref: SnapshotRef) => void;
  /** What is on the disk is not known any more. */
  readonly failed: (error: unknown) => void;
  /** It is committed or aborted. */
  readonly ended: (writer: FileSnapshotWriter) => void;
}

/** Writes a snapshot into a temporary file, which gets its name once all of it is durable. */
export class FileSnapshotWriter implements SnapshotWriter {
  readonly #options: SnapshotWriterOptions;
  readonly #file: OpenFile;
  readonly #header: Bytes;
  readonly #checksums = new BlockChecksums();
  #size = 0;
  #unsynced = 0;
  #phase: 'open' | 'committing' | 'committed' | 'aborted' = 'open';
  /** What a chunk failed with: a later sync would not tell that it is missing. */
  #failure: { readonly reason: unknown } | undefined;
  /** A call that is under way. */
  #busy: Promise<void> = Promise.resolve();

  static async create(options: SnapshotWriterOptions): Promise<FileSnapshotWriter> {
    // First, so that a meta that can't be written leaves no file.
    const header = encodeSnapshotHeader(options.storageId, options.ref);
    return new FileSnapshotWriter(options, await options.fileSystem.create(temporaryName(options.ref)), header);
  }

  private constructor(options: SnapshotWriterOptions, file: OpenFile, header: Bytes) {
    this.#options = options;
    this.#file = file;
    this.#header = header;
  }

  write(chunk: Bytes): Promise<void> {
    return this.#do('open', async () => {
      if (this.#size === 0) this.#file.write(this.#header, 0);
      this.#file.write(chunk, this.#header.length + this.#size);
      this.#checksums.add(chunk);
      this.#size += chunk.length;
      this.#unsynced += chunk.length;
      if (this.#unsynced < syncEveryBytes) return;
      this.#unsynced = 0;
      await this.#file.sync();
    });
  }

  commit(): Promise<void> {
    return this.#do('committing', async () => {
      try {
        if (this.#failure) throw this.#failure.reason;
        await this.#finish();
      } catch (error) {
        this.#options.failed(error);
        throw error;
      }
      this.#phase = 'committed';
      this.#options.committed(this.#options.ref);
      this.#options.ended(this);
    });
  }

  async abort(): Promise<void> {
    if (this.#phase !== 'open') return await this.#busy;
    this.#phase = 'aborted';
    await this.#busy;
    // The next open deletes what is left of it: nothing depends on these.
    await this.#file.close().catch(() => undefined);
    await this.#options.fileSystem.remove(temporaryName(this.#options.ref)).catch(() => undefined);
    this.#options.ended(this);
  }

  async #do(next: 'open' | 'committing', action: () => Promise<void>): Promise<void> {
    this.#options.check();
    if (this.#phase !== 'open') throw invalid(`the snapshot is ${this.#phase}`);
    this.#phase = next;
    const done = action();
    this.#busy = done.catch(() => undefined);
    try {
      await done;
    } catch (error) {
      this.#failure ??= { reason: error };
      throw toRaftError(error, this.#options.fileSystem.location);
    }
  }

  async #finish(): Promise<void> {
    const { fileSystem, ref } = this.#options;
    if (this.#size === 0) this.#file.write(this.#header, 0);
    this.#file.write(encodeSnapshotEnd(this.#header, this.#size, this.#checksums.finish()), this.#header.length + this.#size);
    await this.#file.sync();
    await this.#file.close();
    await fileSystem.rename(temporaryName(ref), snapshotName(ref.meta, ref.file));
    await fileSystem.syncDirectory();
  }
}

function temporaryName(ref: SnapshotRef): string {
  return snapshotName(ref.meta, ref.file) + temporarySuffix;
}
