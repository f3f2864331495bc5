import { describe, expect, test } from 'vitest';
import { Random } from '../world/random.ts';
import { Inode, SimulatedDisk } from './simulated-disk.ts';

const bytes = (length: number, value: number) => new Uint8Array(length).fill(value);

/** Disks of many seeds, so that each kind is among them; each with one file that is durable. */
function disks(count = 40): { readonly disk: SimulatedDisk; readonly inode: Inode }[] {
  return Array.from({ length: count }, (_, seed) => {
    const disk = new SimulatedDisk(new Random(seed, 'disk'));
    const inode = new Inode();
    disk.link('file', inode);
    disk.write(inode, bytes(4096, 1), 0);
    disk.synced(inode, disk.now);
    disk.directorySynced(disk.now);
    return { disk, inode };
  });
}

/** The different values of a file's bytes, by sector. */
const sectorsOf = (inode: Inode | undefined) =>
  Array.from({ length: Math.ceil((inode?.cache.length ?? 0) / 512) }, (_, sector) => inode?.cache[sector * 512]);

describe('a loss of power', () => {
  test('leaves what was synced, bytes and names', () => {
    for (const { disk } of disks()) {
      disk.cutPower(0);
      expect(sectorsOf(disk.names.get('file'))).toEqual(Array.from({ length: 8 }, () => 1));
    }
  });

  test('takes all that was not synced when nothing may survive', () => {
    for (const { disk, inode } of disks()) {
      disk.write(inode, bytes(6000, 2), 0);
      disk.link('other', new Inode());
      disk.cutPower(0);
      expect(sectorsOf(disk.names.get('file'))).toEqual(Array.from({ length: 8 }, () => 1));
      expect([...disk.names.keys()]).toEqual(['file']);
    }
  });

  test('leaves all of it at the most', () => {
    for (const { disk, inode } of disks()) {
      disk.write(inode, bytes(6000, 2), 0);
      disk.link('other', new Inode());
      disk.cutPower(1);
      expect(sectorsOf(disk.names.get('file'))).toEqual(Array.from({ length: 12 }, () => 2));
      expect([...disk.names.keys()]).toEqual(['file', 'other']);
    }
  });

  test('leaves whole sectors, on some disks not the oldest', () => {
    const seen = new Set<string>();
    for (const { disk, inode } of disks(200)) {
      for (let sector = 0; sector < 8; sector += 1) disk.write(inode, bytes(512, 2), sector * 512);
      disk.cutPower(0.5);
      const sectors = sectorsOf(disk.names.get('file'));
      expect(inode.cache.every((value, at) => value === sectors[Math.floor(at / 512)])).toBe(true);
      seen.add(sectors.join(''));
    }
    expect(seen).toContain('22221111');
    expect([...seen].some((sectors) => /^1+2/.test(sectors))).toBe(true);
    expect([...seen].some((sectors) => /^(?:..)*(?:12|21)/.test(sectors))).toBe(true);
  });

  test('takes a rename whose folder was not synced', () => {
    for (const { disk, inode } of disks()) {
      disk.rename('file', 'other', inode);
      disk.cutPower(0);
      expect([...disk.names.keys()]).toEqual(['file']);
    }
  });
});

describe('a sync', () => {
  test('is not of what was written after it began', () => {
    for (const { disk, inode } of disks()) {
      disk.write(inode, bytes(512, 2), 0);
      const since = disk.now;
      disk.write(inode, bytes(512, 3), 0);
      disk.write(inode, bytes(512, 3), 512);
      disk.synced(inode, since);
      disk.cutPower(0);
      expect(sectorsOf(inode).slice(0, 3)).toEqual([2, 1, 1]);
    }
  });

  test('that failed leaves a page cache that shows more than the disk has, and that nobody writes any more', () => {
    const seen = new Set<number | undefined>();
    for (const { disk, inode } of disks()) {
      disk.write(inode, bytes(512, 2), 0);
      disk.syncFailed(inode, disk.now);
      expect(sectorsOf(inode)[0]).toBe(2);
      disk.synced(inode, disk.now);
      disk.cutPower(1);
      seen.add(sectorsOf(inode)[0]);
    }
    expect([...seen].sort()).toEqual([1, 2]);
  });
});

describe('a sector that is lost', () => {
  test('holds zeros where it was asked for, and is another one for sure', () => {
    for (const { disk, inode } of disks()) {
      disk.loseSector(inode, 700, { from: 600, to: 1200 });
      expect([599, 600, 1023, 1024].map((at) => inode.disk[at])).toEqual([1, 0, 0, 1]);
      disk.loseSector(inode, 700, { from: 600, to: 1200 });
      expect(inode.disk[700]).toBe(1);
      expect(inode.cache).toEqual(inode.disk);
    }
  });
});
