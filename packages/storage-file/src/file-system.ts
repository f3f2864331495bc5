import type { Bytes } from '@raft/wire';

/**
 * All that the log asks of a disk: one flat folder. Node's is `nodeFileSystem`; a simulator brings its own.
 *
 * What survives a loss of power: the content of a file up to its last `sync` that resolved, and the names in the folder
 * up to the last `syncDirectory` that resolved. Of anything later, any part may survive, in any order.
 * Errors: as Node's, told apart by `code` (`ENOSPC`, `EACCES`, `ENOENT`, …).
 */
export interface FileSystem {
  /** The folder, for messages. */
  readonly location: string;
  /** The names in the folder, in any order. */
  list(): Promise<readonly string[]>;
  /** Makes an empty file; rejects if the name is taken. */
  create(name: string): Promise<OpenFile>;
  /** Opens a file that exists, to read and write. */
  open(name: string): Promise<OpenFile>;
  /** Gives a file another name, over one that has it. */
  rename(from: string, to: string): Promise<void>;
  /** A file that is open stays readable. */
  remove(name: string): Promise<void>;
  syncDirectory(): Promise<void>;
}

export interface OpenFile {
  size(): Promise<number>;
  /** Fewer bytes only where the file ends. */
  read(offset: number, length: number): Promise<Bytes>;
  /** All of it into the operating system's cache, at once: it neither waits for the disk nor keeps `bytes`. Throws. */
  write(bytes: Bytes, offset: number): void;
  /** Content and size reach the disk. After a rejection nobody knows what is there: never call it again to find out. */
  sync(): Promise<void>;
  close(): Promise<void>;
}
