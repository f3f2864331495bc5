import type { FileSystem, OpenFile } from '@raft/storage-file/log';
import { Inode, type SimulatedDisk } from './simulated-disk.ts';

/** How the calls of one process on a disk go. */
export interface CallTimes {
  /** Resolves when a call that begins now has ended; `effect` happens then, whether or not the process is stopped. */
  call(effect: () => void): Promise<void>;
  /** The same for a sync. */
  sync(effect: () => void): Promise<void>;
}

/** What goes wrong: each is asked in the moment in which the call takes effect, and names the failure by its POSIX code. */
export interface CallFaults {
  read(): string | undefined;
  /** `grows`: the call takes more of the disk. */
  write(grows: boolean): string | undefined;
  sync(): string | undefined;
}

/** The folder of a {@link SimulatedDisk} as one process sees it. */
export class SimulatedFileSystem implements FileSystem {
  readonly location: string;
  readonly #disk: SimulatedDisk;
  readonly #times: CallTimes;
  readonly #faults: CallFaults;

  constructor(parts: { readonly location: string; readonly disk: SimulatedDisk; readonly times: CallTimes; readonly faults: CallFaults }) {
    this.location = parts.location;
    this.#disk = parts.disk;
    this.#times = parts.times;
    this.#faults = parts.faults;
  }

  async list(): Promise<readonly string[]> {
    return await this.#call(() => [...this.#disk.names.keys()]);
  }

  async create(name: string): Promise<OpenFile> {
    const inode = await this.#call(() => {
      check(this.#faults.write(true), name);
      if (this.#disk.names.has(name)) throw failure('EEXIST', name);
      const made = new Inode();
      this.#disk.link(name, made);
      return made;
    });
    return this.#file(name, inode);
  }

  async open(name: string): Promise<OpenFile> {
    const inode = await this.#call(() => this.#inode(name));
    return this.#file(name, inode);
  }

  async rename(from: string, to: string): Promise<void> {
    await this.#call(() => this.#disk.rename(from, to, this.#inode(from)));
  }

  async remove(name: string): Promise<void> {
    await this.#call(() => {
      this.#inode(name);
      this.#disk.unlink(name);
    });
  }

  async syncDirectory(): Promise<void> {
    const since = this.#disk.now;
    await this.#sync((error) => {
      if (error === undefined) this.#disk.directorySynced(since);
    }, 'the folder');
  }

  #file(name: string, inode: Inode): OpenFile {
    const disk = this.#disk;
    return {
      size: () => this.#call(() => inode.cache.length),
      read: (offset, length) =>
        this.#call(() => {
          check(this.#faults.read(), name);
          return inode.cache.slice(offset, offset + length);
        }),
      write: (bytes, offset) => {
        check(this.#faults.write(offset + bytes.length > inode.cache.length), name);
        disk.write(inode, bytes, offset);
      },
      sync: () => {
        const since = disk.now;
        return this.#sync((error) => {
          if (error === undefined) disk.synced(inode, since);
          else disk.syncFailed(inode, since);
        }, name);
      },
      close: () => this.#call(() => undefined),
    };
  }

  #inode(name: string): Inode {
    const inode = this.#disk.names.get(name);
    if (inode === undefined) throw failure('ENOENT', name);
    return inode;
  }

  async #call<Value>(effect: () => Value): Promise<Value> {
    let take: (() => Value) | undefined;
    await this.#times.call(() => {
      try {
        const value = effect();
        take = () => value;
      } catch (error) {
        take = () => {
          throw error;
        };
      }
    });
    if (take === undefined) throw failure('EIO', 'a call that never ended');
    return take();
  }

  async #sync(effect: (error: string | undefined) => void, name: string): Promise<void> {
    let error: string | undefined;
    await this.#times.sync(() => {
      error = this.#faults.sync();
      effect(error);
    });
    check(error, name);
  }
}

function check(code: string | undefined, name: string): void {
  if (code !== undefined) throw failure(code, name);
}

function failure(code: string, name: string): Error {
  return Object.assign(new Error(`${code}: ${name}`), { code, path: name });
}

/** Every call ends at once. */
export const noTimes: CallTimes = {
  call: async (effect) => effect(),
  sync: async (effect) => effect(),
};

export const noFaults: CallFaults = { read: () => undefined, write: () => undefined, sync: () => undefined };
