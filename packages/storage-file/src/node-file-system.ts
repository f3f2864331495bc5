import * as fs from 'node:fs';
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { type Bytes, RaftError } from '@raft/wire';
import { isDenied, isTaken } from './failures.ts';
import type { FileSystem, OpenFile } from './file-system.ts';

// Plain descriptors: a FileHandle that is collected unclosed, in a program that forgot a storage, ends that program.
const open = promisify(fs.open);
const close = promisify(fs.close);
const fsync = promisify(fs.fsync);
const fdatasync = promisify(fs.fdatasync);
const fstat = promisify(fs.fstat);
const read = promisify(fs.read);

/** A folder of the machine. It must exist: see {@link makeDirectory}. */
export function nodeFileSystem(directory: string): FileSystem {
  const path = (name: string) => join(directory, name);
  return {
    location: directory,
    list: () => readdir(directory),
    create: async (name) => openFile(await open(path(name), 'wx+', 0o600)),
    open: async (name) => openFile(await open(path(name), 'r+')),
    rename: (from, to) => rename(path(from), path(to)),
    remove: (name) => rm(path(name)),
    syncDirectory: () => syncDirectory(directory),
  };
}

/**
 * Makes a folder with those above it; its own name, too, is on the disk when this resolves. One by one, since the recursive
 * mkdir of Node never comes back from a file system that refuses to make folders, like /proc.
 */
export async function makeDirectory(directory: string): Promise<void> {
  const wanted = resolve(directory);
  const parent = dirname(wanted);
  if (parent === wanted) return;
  const found = await stat(wanted).catch(() => undefined);
  if (found && !found.isDirectory()) throw new RaftError('foreignData', `${directory} is a file, not a folder`);
  if (found) {
    // Who made it may have been killed before this. A parent that we may not open was made by somebody else, long ago.
    await syncDirectory(parent).catch((error: unknown) => {
      if (!isDenied(error)) throw error;
    });
    return;
  }
  await makeDirectory(parent);
  await mkdir(wanted, { mode: 0o700 }).catch((error: unknown) => {
    // Another process may just have made it.
    if (!isTaken(error)) throw error;
  });
  await syncDirectory(parent);
}

async function syncDirectory(directory: string): Promise<void> {
  // Windows knows no sync of a folder; its file systems keep names in their journal.
  if (process.platform === 'win32') return;
  const descriptor = await open(directory, 'r');
  try {
    await fsync(descriptor);
  } finally {
    await close(descriptor);
  }
}

function openFile(descriptor: number): OpenFile {
  return {
    size: async () => (await fstat(descriptor)).size,
    read: (offset, length) => readFully(descriptor, offset, length),
    write: (bytes, offset) => {
      for (let done = 0; done < bytes.length; ) done += fs.writeSync(descriptor, bytes, done, bytes.length - done, offset + done);
    },
    sync: () => fdatasync(descriptor),
    close: () => close(descriptor),
  };
}

async function readFully(descriptor: number, offset: number, length: number): Promise<Bytes> {
  const bytes = new Uint8Array(length);
  let done = 0;
  while (done < length) {
    const { bytesRead } = await read(descriptor, bytes, done, length - done, offset + done);
    if (bytesRead === 0) break;
    done += bytesRead;
  }
  return done === length ? bytes : bytes.subarray(0, done);
}
