import type { SnapshotReader, SnapshotWriter } from '@raft/core';
import { SnapshotShelf } from '@raft/core/storages';
import type { Bytes, SnapshotMeta } from '@raft/wire';
import { isMissing, missing } from './failures.ts';
import { snapshotName } from './file-names.ts';
import type { FileSystem, OpenFile } from './file-system.ts';
import type { SnapshotRef } from './record-codec.ts';
import { readSnapshotLayout, type SnapshotLayout } from './snapshot-file.ts';
import { FileSnapshotReader } from './snapshot-reader.ts';
import { FileSnapshotWriter } from './snapshot-writer.ts';

export interface SnapshotsOptions {
  readonly fileSystem: FileSystem;
  readonly storageId: Bytes;
  readonly current: SnapshotRef | undefined;
  /** Larger than the number of any snapshot file in the folder. */
  readonly nextFile: number;
  readonly check: () => void;
  readonly failed: (error: unknown) => void;
}

/** The snapshot files, and who writes and reads them. */
export class Snapshots {
  readonly #options: SnapshotsOptions;
  readonly #shelf: SnapshotShelf<SnapshotRef>;
  #nextFile: number;
  readonly #writers = new Set<FileSnapshotWriter>();
  readonly #readers = new Set<FileSnapshotReader>();
  /** Opens and removals under way. */
  readonly #work = new Set<Promise<unknown>>();

  constructor(options: SnapshotsOptions) {
    this.#options = options;
    this.#shelf = new SnapshotShelf({ current: options.current, remove: (ref) => this.#remove(ref) });
    this.#nextFile = options.nextFile;
  }

  get current(): SnapshotRef | undefined {
    return this.#shelf.current;
  }

  async create(meta: SnapshotMeta): Promise<SnapshotWriter> {
    const { fileSystem, storageId, check, failed } = this.#options;
    const ref = { meta, file: this.#nextFile };
    this.#nextFile += 1;
    const writer = await this.#track(
      FileSnapshotWriter.create({
        fileSystem,
        storageId,
        ref,
        check,
        failed,
        committed: () => this.#shelf.committed(ref),
        ended: (ended) => this.#writers.delete(ended),
      }),
    );
    this.#writers.add(writer);
    return writer;
  }

  /** @throws RaftError `invalidArgument` */
  find(meta: SnapshotMeta): SnapshotRef {
    return this.#shelf.find(meta);
  }

  makeCurrent(ref: SnapshotRef): void {
    this.#shelf.makeCurrent(ref);
  }

  async open(): Promise<SnapshotReader | undefined> {
    const ref = this.#shelf.pinCurrent();
    return ref && (await this.#track(this.#openReader(ref)));
  }

  /** Ends writers and readers, and waits for all that is under way. */
  async close(): Promise<void> {
    await Promise.allSettled(this.#work);
    await Promise.all([...this.#writers].map((writer) => writer.abort()));
    await Promise.all([...this.#readers].map((reader) => reader[Symbol.asyncDispose]()));
    await Promise.allSettled(this.#work);
  }

  async #openReader(ref: SnapshotRef): Promise<SnapshotReader> {
    const { fileSystem, storageId } = this.#options;
    try {
      const { file, layout } = await openSnapshotFile(fileSystem, storageId, ref);
      const disposed = (reader: FileSnapshotReader) => {
        this.#readers.delete(reader);
        this.#shelf.unpin(ref);
      };
      const name = snapshotName(ref.meta, ref.file);
      const reader = new FileSnapshotReader({ file, layout, location: fileSystem.location, name, disposed });
      this.#readers.add(reader);
      return reader;
    } catch (error) {
      this.#shelf.unpin(ref);
      throw error;
    }
  }

  #remove(ref: SnapshotRef): void {
    // If it fails the file stays until the next open, which deletes all but the current one.
    this.#track(this.#options.fileSystem.remove(snapshotName(ref.meta, ref.file))).catch(() => undefined);
  }

  #track<Value>(work: Promise<Value>): Promise<Value> {
    const tracked = work.finally(() => this.#work.delete(tracked));
    this.#work.add(tracked);
    return tracked;
  }
}

/** Opens a snapshot's file and checks all of it but its data, which is checked when it is read. @throws RaftError `damaged` */
export async function openSnapshotFile(
  fileSystem: FileSystem,
  storageId: Bytes,
  ref: SnapshotRef,
): Promise<{ readonly file: OpenFile; readonly layout: SnapshotLayout }> {
  const name = snapshotName(ref.meta, ref.file);
  const file = await fileSystem.open(name).catch((error: unknown) => {
    throw isMissing(error) ? missing(fileSystem.location, name, 'although the log needs it') : error;
  });
  try {
    return { file, layout: await readSnapshotLayout(file, { storageId, ref, location: fileSystem.location, name }) };
  } catch (error) {
    await file.close().catch(() => undefined);
    throw error;
  }
}
