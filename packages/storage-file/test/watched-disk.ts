import type { FileSystem, OpenFile } from '../src/file-system.ts';
import { CrashDisk, type CrashProcess } from './crash-disk.ts';
import { seededRandom } from './random.ts';

/** Counts what is done to the files behind it, and lets a test hold or spoil it. */
export interface Watched {
  readonly fileSystem: FileSystem;
  readonly names: () => string[];
  readonly counts: { writes: number; syncs: number };
  /** Awaited in each sync of a file, by the name that it was made or opened with. */
  beforeSync: (name: string) => Promise<void>;
  /** Called in each write. */
  beforeWrite: (name: string) => void;
}

/** A disk of its own, watched. */
export function watched(): Watched {
  const disk = new CrashDisk(seededRandom(1));
  const process: CrashProcess = disk.process();
  const wrap = (name: string, file: OpenFile): OpenFile => ({
    size: () => file.size(),
    read: (offset, length) => file.read(offset, length),
    write: (bytes, offset) => {
      watch.counts.writes += 1;
      watch.beforeWrite(name);
      file.write(bytes, offset);
    },
    sync: async () => {
      watch.counts.syncs += 1;
      await watch.beforeSync(name);
      await file.sync();
    },
    close: () => file.close(),
  });
  const watch: Watched = {
    fileSystem: {
      location: 'disk',
      list: () => process.list(),
      create: async (name) => wrap(name, await process.create(name)),
      open: async (name) => wrap(name, await process.open(name)),
      rename: (from, to) => process.rename(from, to),
      remove: (name) => process.remove(name),
      syncDirectory: () => process.syncDirectory(),
    },
    names: () => [...disk.names.keys()].sort(),
    counts: { writes: 0, syncs: 0 },
    beforeSync: () => Promise.resolve(),
    beforeWrite: () => undefined,
  };
  return watch;
}

/** Something to wait for. */
export function gate(): { readonly opened: Promise<void>; readonly open: () => void } {
  let resolve: (() => void) | undefined;
  const opened = new Promise<void>((resolved) => {
    resolve = resolved;
  });
  return { opened, open: () => resolve?.() };
}
