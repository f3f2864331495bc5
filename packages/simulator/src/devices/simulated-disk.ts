import type { Bytes } from '@raft/wire';
import type { Random } from '../world/random.ts';

/** What a disk writes whole or not at all. */
const sectorBytes = 512;
/** What the page cache writes back together, unless the power goes in the midst of it. */
const pageSectors = 2;

interface Version {
  readonly order: number;
  readonly bytes: Bytes;
}

/** A file: what the page cache shows, and what the disk has. */
export class Inode {
  cache: Bytes = new Uint8Array(0);
  disk: Bytes = new Uint8Array(0);
  /**
   * By sector: what it was written with since it was last on its way to the disk. A sync that fails forgets these: then the cache shows what the
   * disk doesn't have, and nobody writes it.
   */
  readonly dirty = new Map<number, Version[]>();
  /** Sizes that it grew to. */
  sizes: { readonly order: number; readonly size: number }[] = [];
}

type NameChange = { readonly order: number } & (
  | { readonly type: 'link'; readonly name: string; readonly inode: Inode }
  | { readonly type: 'unlink'; readonly name: string }
  | { readonly type: 'rename'; readonly from: string; readonly to: string; readonly inode: Inode }
);

/** A part of what is not on the disk that gets there or not. */
interface Unit {
  readonly order: number;
  readonly keep: () => void;
  /** Some of its sectors get there. */
  readonly tear?: () => void;
}

/**
 * A disk under a page cache, with one folder. Nothing is on the disk before it is synced; of what isn't, a loss of power leaves some part: on half
 * the disks the oldest, on the others any, by pages and by names, and perhaps one page in part.
 */
export class SimulatedDisk {
  readonly #random: Random;
  readonly #isOrdered: boolean;
  #names = new Map<string, Inode>();
  #diskNames = new Map<string, Inode>();
  #changes: NameChange[] = [];
  #order = 0;

  constructor(random: Random) {
    this.#random = random;
    this.#isOrdered = random.chance(0.5);
  }

  /** As a process sees them. */
  get names(): ReadonlyMap<string, Inode> {
    return this.#names;
  }

  /** As a loss of power would leave them, at the least. */
  get diskNames(): ReadonlyMap<string, Inode> {
    return this.#diskNames;
  }

  /** Everything up to here is covered by a sync that begins now. */
  get now(): number {
    return this.#order;
  }

  link(name: string, inode: Inode): void {
    this.#change({ order: this.#next(), type: 'link', name, inode });
  }

  unlink(name: string): void {
    this.#change({ order: this.#next(), type: 'unlink', name });
  }

  rename(from: string, to: string, inode: Inode): void {
    this.#change({ order: this.#next(), type: 'rename', from, to, inode });
  }

  write(inode: Inode, bytes: Bytes, offset: number): void {
    const end = offset + bytes.length;
    const order = this.#next();
    if (end > inode.cache.length) {
      const longer = new Uint8Array(end);
      longer.set(inode.cache);
      inode.cache = longer;
      inode.sizes.push({ order, size: end });
    }
    inode.cache.set(bytes, offset);
    for (let sector = Math.floor(offset / sectorBytes); sector * sectorBytes < end; sector++) {
      const versions = inode.dirty.get(sector) ?? [];
      versions.push({ order, bytes: inode.cache.slice(sector * sectorBytes, (sector + 1) * sectorBytes) });
      inode.dirty.set(sector, versions);
    }
  }

  /** What a file had when its sync began is on the disk now. */
  synced(inode: Inode, since: number): void {
    this.#flush(inode, since, () => true);
  }

  /** The sync failed: some of it is on the disk, and the page cache will never write the rest. */
  syncFailed(inode: Inode, since: number): void {
    this.#flush(inode, since, () => this.#random.chance(0.4));
  }

  directorySynced(since: number): void {
    for (const change of this.#changes) if (change.order <= since) applyChange(this.#diskNames, change);
    this.#changes = this.#changes.filter(({ order }) => order > since);
  }

  /** Of what is not on the disk, no more than this share gets there. */
  cutPower(surviving: number): void {
    const inodes = [...new Set([...this.#names.values(), ...this.#diskNames.values()])];
    const names = new Map(this.#diskNames);
    const kept = new Set<NameChange>();
    const units: Unit[] = this.#changes.map((change) => ({ order: change.order, keep: () => void kept.add(change) }));
    for (const inode of inodes) units.push(...this.#unitsOf(inode));
    const ordered = this.#isOrdered ? units.toSorted((one, other) => one.order - other.order) : this.#random.shuffled(units);
    const count = Math.floor(units.length * surviving);
    for (const unit of ordered.slice(0, count)) unit.keep();
    const torn = ordered.slice(count).find(({ tear }) => tear !== undefined);
    if (surviving > 0 && this.#random.chance(0.5)) torn?.tear?.();
    for (const change of this.#changes) if (kept.has(change)) applyChange(names, change);
    for (const inode of inodes) {
      inode.dirty.clear();
      inode.sizes = [];
      inode.cache = inode.disk.slice();
    }
    this.#changes = [];
    this.#diskNames = names;
    this.#names = new Map(names);
  }

  /** A bit is another one from now on, for whoever reads and on the disk. */
  flip(inode: Inode, offset: number, bit: number): void {
    for (const bytes of [inode.cache, inode.disk]) if (offset < bytes.length) bytes[offset] = (bytes[offset] ?? 0) ^ (1 << bit);
  }

  /** A write that was acknowledged never came: its sector holds zeros, as far as `within` goes. The byte at `at` differs for sure. */
  loseSector(inode: Inode, at: number, within: { readonly from: number; readonly to: number }): void {
    const from = Math.max(within.from, at - (at % sectorBytes));
    const to = Math.min(within.to, from - (from % sectorBytes) + sectorBytes);
    const before = inode.disk[at] ?? 0;
    for (const bytes of [inode.cache, inode.disk]) {
      bytes.fill(0, from, to);
      if (at < bytes.length) bytes[at] = before === 0 ? 1 : 0;
    }
  }

  #next(): number {
    return ++this.#order;
  }

  #change(change: NameChange): void {
    applyChange(this.#names, change);
    this.#changes.push(change);
  }

  #flush(inode: Inode, since: number, reaches: () => boolean): void {
    const size = inode.sizes.findLast(({ order }) => order <= since)?.size;
    inode.sizes = inode.sizes.filter(({ order }) => order > since);
    if (size !== undefined && reaches()) grow(inode, size);
    for (const [sector, versions] of inode.dirty) {
      const last = versions.findLast(({ order }) => order <= since);
      if (last === undefined) continue;
      if (reaches()) put(inode, sector, last.bytes);
      const left = versions.filter(({ order }) => order > since);
      if (left.length > 0) inode.dirty.set(sector, left);
      else inode.dirty.delete(sector);
    }
  }

  /** The newest size first, since a page behind the end of the file is none. */
  #unitsOf(inode: Inode): Unit[] {
    const units: Unit[] = [];
    const size = inode.sizes.at(-1)?.size;
    // The size goes with the pages: one that was written is within the file.
    const reach = (sector: number): void => {
      if (size !== undefined) grow(inode, Math.min(size, (sector + 1) * sectorBytes));
    };
    const pages = new Map<number, number[]>();
    for (const sector of inode.dirty.keys()) {
      const page = Math.floor(sector / pageSectors);
      pages.set(page, [...(pages.get(page) ?? []), sector]);
    }
    for (const sectors of pages.values()) {
      const versionsOf = (sector: number): readonly Version[] => inode.dirty.get(sector) ?? [];
      const order = Math.min(...sectors.map((sector) => versionsOf(sector)[0]?.order ?? 0));
      const write = (sector: number, version: Version | undefined): void => {
        if (version === undefined) return;
        reach(sector);
        put(inode, sector, version.bytes);
      };
      units.push({
        order,
        keep: () => {
          // It may have been written back before it was written last.
          const newest = this.#random.chance(0.8);
          for (const sector of sectors) write(sector, newest ? versionsOf(sector).at(-1) : versionsOf(sector)[0]);
        },
        tear: () => {
          for (const sector of sectors) if (this.#random.chance(0.5)) write(sector, this.#random.pick(versionsOf(sector)));
        },
      });
    }
    if (size !== undefined) units.push({ order: inode.sizes.at(-1)?.order ?? 0, keep: () => grow(inode, size) });
    return units;
  }
}

function grow(inode: Inode, size: number): void {
  if (inode.disk.length >= size) return;
  const disk = new Uint8Array(size);
  disk.set(inode.disk);
  inode.disk = disk;
}

function put(inode: Inode, sector: number, bytes: Bytes): void {
  const at = sector * sectorBytes;
  if (at < inode.disk.length) inode.disk.set(bytes.subarray(0, inode.disk.length - at), at);
}

function applyChange(names: Map<string, Inode>, change: NameChange): void {
  if (change.type === 'link') names.set(change.name, change.inode);
  else if (change.type === 'unlink') names.delete(change.name);
  else {
    names.delete(change.from);
    names.set(change.to, change.inode);
  }
}
