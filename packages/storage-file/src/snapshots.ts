import type { SnapshotReader, SnapshotWriter } from '@raft/core';
import type { Bytes, SnapshotMeta } from '@raft/wire';
import { invalid, isMissing, missing } from './failures.ts';
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

/** Which snapshot files there are: the current one, committed ones, those that are being made, and old ones that are pinned. */
export class Snapshots {
  readonly #options: SnapshotsOptions;
  #current: SnapshotRef | undefined;
  #nextFile: number;
  #committed: SnapshotRef[] = [];
  readonly #writers = new Set<FileSnapshotWriter>();
  readonly #readers = new Set<FileSnapshotReader>();
  /** How many readers each snapshot has: it stays until there is none. */
  readonly #pins = new Map<SnapshotRef, number>();
  /** Opens and removals under way. */
  readonly #work = new Set<Promise<unknown>>();

  constructor(options: SnapshotsOptions) {
    this.#options = options;
    this.#current = options.current;
    this.#nextFile = options.nextFile;
  }

  get current(): SnapshotRef | undefined {
    return this.#current;
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
        committed: () => this.#committed.push(ref),
        ended: (ended) => this.#writers.delete(ended),
      }),
    );
    this.#writers.add(writer);
    return writer;
  }

  /** The newest committed snapshot of this place in the log. @throws RaftError `invalidArgument` */
  find({ lastIncludedIndex, lastIncludedTerm }: SnapshotMeta): SnapshotRef {
    const found = this.#committed.findLast(
      ({ meta }) => meta.lastIncludedIndex === lastIncludedIndex && meta.lastIncludedTerm === lastIncludedTerm,
    );
    if (!found) throw invalid(`no committed snapshot of index ${lastIncludedIndex}, term ${lastIncludedTerm}`);
    return found;
  }

  /** The write that says so is durable. What it replaces goes, unless somebody reads it. */
  makeCurrent(ref: SnapshotRef): void {
    const old = this.#current;
    this.#current = ref;
    const passed = this.#committed.filter(({ meta }) => meta.lastIncludedIndex < ref.meta.lastIncludedIndex);
    this.#committed = this.#committed.filter((other) => other !== ref && !passed.includes(other));
    for (const surplus of [...passed, ...(old ? [old] : [])]) this.#removeUnpinned(surplus);
  }

  async open(): Promise<SnapshotReader | undefined> {
    const ref = this.#current;
    if (!ref) return undefined;
    // Before anything is waited for: a write may make another one current in the meantime.
    this.#pins.set(ref, (this.#pins.get(ref) ?? 0) + 1);
    return await this.#track(this.#openReader(ref));
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
        this.#unpin(ref);
      };
      const name = snapshotName(ref.meta, ref.file);
      const reader = new FileSnapshotReader({ file, layout, location: fileSystem.location, name, disposed });
      this.#readers.add(reader);
      return reader;
    } catch (error) {
      this.#unpin(ref);
      throw error;
    }
  }

  #unpin(ref: SnapshotRef): void {
    const pins = (this.#pins.get(ref) ?? 0) - 1;
    if (pins > 0) this.#pins.set(ref, pins);
    else this.#pins.delete(ref);
    if (this.#current !== ref) this.#removeUnpinned(ref);
  }

  #removeUnpinned(ref: SnapshotRef): void {
    if (this.#pins.has(ref)) return;
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
