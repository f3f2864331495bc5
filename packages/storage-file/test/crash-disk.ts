import type { Bytes } from '@raft/wire';
import type { FileSystem, OpenFile } from '../src/file-system.ts';
import type { Random } from './random.ts';

/** What a disk writes whole or not at all. */
const sectorBytes = 512;

/** A file: what the page cache shows, what the disk has, and every content that a sector had since it was synced. */
interface Inode {
  cache: Uint8Array<ArrayBuffer>;
  disk: Uint8Array<ArrayBuffer>;
  /** By sector. A sync that fails forgets them: then the cache shows what the disk doesn't have, and nobody writes it. */
  dirty: Map<number, Bytes[]>;
  sizes: number[];
}

type NameChange =
  | { readonly type: 'link'; readonly name: string; readonly inode: Inode }
  | { readonly type: 'unlink'; readonly name: string }
  | { readonly type: 'rename'; readonly from: string; readonly to: string; readonly inode: Inode };

/** What happens at some call. */
export interface Fault {
  /** Counted from 1 in this life. */
  readonly call: number;
  /** die: the process ends in the midst of it. fail: the call fails with EIO; a sync takes an unknown part to the disk. */
  readonly kind: 'die' | 'fail';
}

/**
 * A disk under a page cache, which outlives the processes that use it. Nothing is on the disk before it is synced; of what
 * isn't, a loss of power leaves any part, by sectors and by names.
 */
export class CrashDisk {
  readonly #random: Random;
  #names = new Map<string, Inode>();
  readonly #diskNames = new Map<string, Inode>();
  #changes: NameChange[] = [];

  constructor(random: Random) {
    this.#random = random;
  }

  /** A process: it goes on until the fault, if there is one. */
  process(fault?: Fault): CrashProcess {
    return new CrashProcess(this, this.#random, fault);
  }

  get names(): Map<string, Inode> {
    return this.#names;
  }

  /** All that isn't synced is lost, or not, or in part. */
  cutPower(): void {
    for (const inode of new Set([...this.#names.values(), ...this.#diskNames.values()])) this.#settle(inode);
    const keep = this.#keeper();
    for (const change of this.#changes) if (keep()) applyChange(this.#diskNames, change);
    this.#changes = [];
    this.#names = new Map(this.#diskNames);
  }

  change(change: NameChange): void {
    applyChange(this.#names, change);
    this.#changes.push(change);
  }

  syncDirectory(): void {
    for (const change of this.#changes) applyChange(this.#diskNames, change);
    this.#changes = [];
  }

  write(inode: Inode, bytes: Bytes, offset: number): void {
    const end = offset + bytes.length;
    if (end > inode.cache.length) {
      const longer = new Uint8Array(end);
      longer.set(inode.cache);
      inode.cache = longer;
      inode.sizes.push(end);
    }
    inode.cache.set(bytes, offset);
    for (let sector = Math.floor(offset / sectorBytes); sector * sectorBytes < end; sector += 1) {
      const versions = inode.dirty.get(sector) ?? [];
      versions.push(inode.cache.slice(sector * sectorBytes, (sector + 1) * sectorBytes));
      inode.dirty.set(sector, versions);
    }
  }

  sync(inode: Inode): void {
    const disk = new Uint8Array(inode.cache.length);
    disk.set(inode.disk.subarray(0, disk.length));
    // Only what is dirty: what a failed sync left behind stays behind.
    for (const sector of inode.dirty.keys()) {
      const at = sector * sectorBytes;
      disk.set(inode.cache.subarray(at, at + sectorBytes), at);
    }
    inode.disk = disk;
    inode.dirty = new Map();
    inode.sizes = [];
  }

  /** Any part reaches the disk; the cache keeps the rest as if it had, and never tries again. */
  failSync(inode: Inode): void {
    const { cache } = inode;
    this.#settle(inode);
    inode.cache = cache;
  }

  /** The disk takes some of what is dirty; then the cache shows what the disk has. */
  #settle(inode: Inode): void {
    const keep = this.#keeper();
    const sizes = [inode.disk.length, ...inode.sizes];
    const size = sizes[keep() ? sizes.length - 1 : this.#random.below(sizes.length)] ?? 0;
    const disk = new Uint8Array(size);
    disk.set(inode.disk.subarray(0, size));
    for (const [sector, versions] of inode.dirty) {
      const at = sector * sectorBytes;
      const version = versions[this.#random.chance(0.8) ? versions.length - 1 : this.#random.below(versions.length)];
      if (version && at < size && keep()) disk.set(version.subarray(0, size - at), at);
    }
    inode.disk = disk;
    inode.cache = disk.slice();
    inode.dirty = new Map();
    inode.sizes = [];
  }

  /** How a subset is chosen: all, none, a prefix, or each by itself. */
  #keeper(): () => boolean {
    const kind = this.#random.below(5);
    if (kind === 0) return () => true;
    if (kind === 1) return () => false;
    if (kind === 2) {
      let left = this.#random.below(12);
      return () => left-- > 0;
    }
    const probability = [0.5, 0.9][kind - 3] ?? 0.5;
    return () => this.#random.chance(probability);
  }
}

function applyChange(names: Map<string, Inode>, change: NameChange): void {
  if (change.type === 'link') names.set(change.name, change.inode);
  else if (change.type === 'unlink') names.delete(change.name);
  else {
    names.delete(change.from);
    names.set(change.to, change.inode);
  }
}

/** The file system as one process sees it. */
export class CrashProcess implements FileSystem {
  readonly location = 'disk';
  readonly #disk: CrashDisk;
  readonly #random: Random;
  readonly #fault: Fault | undefined;
  #calls = 0;
  #dead = false;

  constructor(disk: CrashDisk, random: Random, fault: Fault | undefined) {
    this.#disk = disk;
    this.#random = random;
    this.#fault = fault;
  }

  get calls(): number {
    return this.#calls;
  }

  /** It ended: whatever its promises say from here on, nobody hears it. */
  get dead(): boolean {
    return this.#dead;
  }

  kill(): void {
    this.#dead = true;
  }

  async list(): Promise<readonly string[]> {
    await this.#call();
    return [...this.#disk.names.keys()];
  }

  async create(name: string): Promise<OpenFile> {
    await this.#call();
    if (this.#disk.names.has(name)) throw failure('EEXIST', name);
    const inode: Inode = { cache: new Uint8Array(0), disk: new Uint8Array(0), dirty: new Map(), sizes: [] };
    this.#disk.change({ type: 'link', name, inode });
    return this.#file(inode);
  }

  async open(name: string): Promise<OpenFile> {
    await this.#call();
    return this.#file(this.#inode(name));
  }

  async rename(from: string, to: string): Promise<void> {
    await this.#call();
    this.#disk.change({ type: 'rename', from, to, inode: this.#inode(from) });
  }

  async remove(name: string): Promise<void> {
    await this.#call();
    this.#inode(name);
    this.#disk.change({ type: 'unlink', name });
  }

  async syncDirectory(): Promise<void> {
    await this.#call();
    this.#disk.syncDirectory();
  }

  #file(inode: Inode): OpenFile {
    return {
      size: async () => {
        await this.#call();
        return inode.cache.length;
      },
      read: async (offset, length) => {
        await this.#call();
        return inode.cache.slice(offset, offset + length);
      },
      write: (bytes, offset) => {
        // A kill in the midst of a write leaves any prefix of it.
        this.#count(() => this.#disk.write(inode, bytes.slice(0, this.#random.below(bytes.length + 1)), offset));
        this.#disk.write(inode, bytes, offset);
      },
      sync: async () => {
        this.#count(({ kind }) => kind === 'fail' && this.#disk.failSync(inode));
        // At once, so that what is written while it is under way is not part of it.
        this.#disk.sync(inode);
        await turns();
      },
      close: async () => {
        await this.#call();
      },
    };
  }

  #inode(name: string): Inode {
    const inode = this.#disk.names.get(name);
    if (!inode) throw failure('ENOENT', name);
    return inode;
  }

  async #call(): Promise<void> {
    await turns();
    this.#count();
  }

  #count(faulty?: (fault: Fault) => void): void {
    if (this.#dead) throw failure('EIO', 'this process is dead');
    this.#calls += 1;
    if (this.#calls !== this.#fault?.call) return;
    if (this.#fault.kind === 'die') this.#dead = true;
    faulty?.(this.#fault);
    throw failure('EIO', `fault at call ${this.#calls}`);
  }
}

/** Long enough for other calls to come in between. */
async function turns(): Promise<void> {
  for (let turn = 0; turn < 3; turn += 1) await Promise.resolve();
}

function failure(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}
