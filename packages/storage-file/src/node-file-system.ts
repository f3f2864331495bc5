import * as fs from 'node:fs';
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import type { Bytes } from '@raft/wire';
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

/** Makes a folder with those above it; its own name, too, is on the disk when this resolves. */
export async function makeDirectory(directory: string): Promise<void> {
  const wanted = resolve(directory);
  const first = await mkdir(wanted, { recursive: true, mode: 0o700 });
  if (first === undefined) return;
  for (let made = wanted; ; made = dirname(made)) {
    await syncDirectory(dirname(made));
    if (made === first) return;
  }
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
