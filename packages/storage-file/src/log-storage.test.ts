import { encodeEntry } from '@raft/wire';
import { describe, expect, test } from 'vitest';
import { entriesOf, installSnapshot, metaOf } from '../test/log-folder.ts';
import { gate, watched } from '../test/watched-disk.ts';
import { segmentName } from './file-names.ts';
import { logStorage } from './log.ts';

describe('group commit', () => {
  test('makes all writes that wait durable by one write and one sync', async () => {
    const watch = watched();
    const storage = logStorage({ fileSystem: watch.fileSystem });
    await storage.open();
    const before = { ...watch.counts };
    const held = gate();
    watch.beforeSync = () => held.opened;
    const first = storage.write({ entries: entriesOf(1, 1) });
    await Promise.resolve();
    const others = Array.from({ length: 200 }, (_, at) => storage.write({ entries: entriesOf(at + 2, at + 2) }));
    held.open();
    await Promise.all([first, ...others]);
    // The first one alone, then the others together; at the end a marker, unsynced.
    expect(watch.counts.syncs - before.syncs).toBe(2);
    expect(watch.counts.writes - before.writes).toBe(3);
    await storage.close();
  });

  test('makes writes of one turn share a sync from the first on', async () => {
    const watch = watched();
    const storage = logStorage({ fileSystem: watch.fileSystem });
    await storage.open();
    const before = watch.counts.syncs;
    await Promise.all([1, 2, 3].map((index) => storage.write({ entries: entriesOf(index, index) })));
    expect(watch.counts.syncs - before).toBe(1);
    await storage.close();
  });
});

describe('a failure', () => {
  const cases = [
    ['ENOSPC', 'noSpace'],
    ['EDQUOT', 'noSpace'],
    ['EROFS', 'permissionDenied'],
    ['EACCES', 'permissionDenied'],
    ['EIO', 'storageFailed'],
  ] as const;
  for (const [system, code] of cases) {
    test(`${system} while writing is ${code}, now and for every later write, with its cause`, async () => {
      const watch = watched();
      const storage = logStorage({ fileSystem: watch.fileSystem });
      await storage.open();
      const cause = Object.assign(new Error('no'), { code: system });
      watch.beforeWrite = () => {
        throw cause;
      };
      const rejected = await storage.write({ entries: entriesOf(1, 1) }).catch((error: unknown) => error);
      expect(rejected).toMatchObject({ code, cause });
      watch.beforeWrite = () => undefined;
      await expect(storage.write({ entries: entriesOf(1, 1) })).rejects.toBe(rejected);
      await expect(storage.compact(1)).rejects.toBe(rejected);
      expect(await storage.readEntries({ from: 1, to: 9, maxBytes: 100 })).toEqual([]);
      await storage.close();
    });
  }

  test('of a sync rejects all that waits, and is never retried', async () => {
    const watch = watched();
    const storage = logStorage({ fileSystem: watch.fileSystem });
    await storage.open();
    watch.beforeSync = () => Promise.reject(Object.assign(new Error('lost'), { code: 'EIO' }));
    const before = watch.counts.syncs;
    const writes = [1, 2, 3].map((index) => storage.write({ entries: entriesOf(index, index) }).catch((error: unknown) => error));
    await Promise.resolve();
    writes.push(storage.write({ entries: entriesOf(4, 4) }).catch((error: unknown) => error));
    const reasons = await Promise.all(writes);
    expect(new Set(reasons).size).toBe(1);
    expect(reasons[0]).toMatchObject({ code: 'storageFailed' });
    expect(watch.counts.syncs - before).toBe(1);
    await storage.close();
  });

  const noSpace = Object.assign(new Error('full'), { code: 'ENOSPC' });

  test('to make the next segment in advance is forgotten: its name is free, and the rotation finds the space that came back', async () => {
    const watch = watched();
    const options = { fileSystem: watch.fileSystem, segmentBytes: 4096 };
    const storage = logStorage(options);
    await storage.open();
    let attempts = 0;
    const spoiled = gate();
    watch.beforeWrite = (name) => {
      if (name !== segmentName(2)) return;
      attempts += 1;
      spoiled.open();
      throw noSpace;
    };
    // Beyond half of the first segment, not up to its end.
    for (let index = 1; index <= 12; index += 1) await storage.write({ entries: entriesOf(index, index) });
    await spoiled.opened;
    await storage.write({ entries: entriesOf(13, 13) });
    expect(attempts).toBe(1);
    expect(watch.names()).not.toContain(segmentName(2));
    watch.beforeWrite = () => undefined;
    for (let index = 14; index <= 80; index += 1) await storage.write({ entries: entriesOf(index, index) });
    expect(watch.names()).toContain(segmentName(3));
    await storage.close();
    const again = logStorage(options);
    await again.open();
    expect(await again.readEntries({ from: 1, to: 80, maxBytes: 1e6 })).toEqual(entriesOf(1, 80));
    await again.close();
  });

  test('to make the next segment when it is needed rejects the write, and what was acknowledged is there again', async () => {
    const watch = watched();
    const options = { fileSystem: watch.fileSystem, segmentBytes: 4096 };
    const storage = logStorage(options);
    await storage.open();
    watch.beforeWrite = (name) => {
      if (name === segmentName(2)) throw noSpace;
    };
    let acknowledged = 0;
    const rejected = await (async () => {
      for (;;) {
        await storage.write({ entries: entriesOf(acknowledged + 1, acknowledged + 1) });
        acknowledged += 1;
      }
    })().catch((error: unknown) => error);
    expect(rejected).toMatchObject({ code: 'noSpace', cause: noSpace });
    await storage.close();
    expect(watch.names()).not.toContain(segmentName(2));
    watch.beforeWrite = () => undefined;
    const again = logStorage(options);
    expect((await again.open()).log.lastIndex).toBe(acknowledged);
    await again.write({ entries: entriesOf(acknowledged + 1, acknowledged + 1, 1, 2000) });
    await again.close();
  });

  test('to commit a snapshot while a segment is begun leaves that segment as it was made', async () => {
    const watch = watched();
    const storage = logStorage({ fileSystem: watch.fileSystem, segmentBytes: 4096 });
    await storage.open();
    await storage.write({ entries: entriesOf(1, 1) });
    const writer = await storage.createSnapshot(metaOf(1));
    const made = gate();
    const held = gate();
    watch.beforeSync = async (name) => {
      if (!name.startsWith('segment')) throw Object.assign(new Error('lost'), { code: 'EIO' });
      if (name !== segmentName(2)) return;
      made.open();
      await held.opened;
    };
    // Larger than what is left of the first segment.
    const write = storage.write({ entries: entriesOf(2, 2, 1, 4000) }).catch((error: unknown) => error);
    await made.opened;
    await expect(writer.commit()).rejects.toMatchObject({ code: 'storageFailed' });
    const before = watch.counts.writes;
    held.open();
    expect(await write).toMatchObject({ code: 'storageFailed' });
    await storage.close();
    expect(watch.counts.writes).toBe(before);
  });

  test('to commit a snapshot stops all writes', async () => {
    const watch = watched();
    const storage = logStorage({ fileSystem: watch.fileSystem });
    await storage.open();
    const writer = await storage.createSnapshot(metaOf(3));
    watch.beforeSync = () => Promise.reject(Object.assign(new Error('lost'), { code: 'EIO' }));
    await expect(writer.commit()).rejects.toMatchObject({ code: 'storageFailed' });
    watch.beforeSync = () => Promise.resolve();
    await expect(storage.write({ entries: entriesOf(1, 1) })).rejects.toMatchObject({ code: 'storageFailed' });
    await storage.close();
  });
});

describe('compaction', () => {
  test('removes whole segments that the snapshot covers, and no other', async () => {
    const watch = watched();
    const storage = logStorage({ fileSystem: watch.fileSystem, segmentBytes: 4096 });
    await storage.open();
    for (let index = 1; index <= 100; index += 1) await storage.write({ entries: entriesOf(index, index, 1, 100) });
    const before = watch.names();
    await storage.compact(100);
    expect(watch.names()).toEqual(before);
    await installSnapshot(storage, metaOf(100));
    await storage.compact(100);
    expect(watch.names().filter((name) => name.startsWith('segment')).length).toBeLessThanOrEqual(2);
    await storage.close();
  });

  test('keeps a segment while the start of its successor is not durable', async () => {
    const watch = watched();
    const storage = logStorage({ fileSystem: watch.fileSystem, segmentBytes: 4096 });
    await storage.open();
    await storage.write({ entries: entriesOf(1, 10, 1, 200) });
    await installSnapshot(storage, metaOf(10));
    // Larger than what is left of the first segment: it begins the second. First the marker in the old one is synced.
    const started = gate();
    const held = gate();
    let syncs = 0;
    watch.beforeSync = async () => {
      syncs += 1;
      if (syncs !== 2) return;
      started.open();
      await held.opened;
    };
    const large = encodeEntry({ index: 11, term: 1, kind: 'command', data: new Uint8Array(3000) });
    const write = storage.write({ entries: [large] });
    await started.opened;
    await storage.compact(10);
    expect(watch.names()).toContain('segment-0000000001');
    held.open();
    await write;
    await storage.compact(10);
    expect(watch.names()).not.toContain('segment-0000000001');
    await storage.close();
  });

  test('leaves a log that opens again with all behind the snapshot', async () => {
    const watch = watched();
    const options = { fileSystem: watch.fileSystem, segmentBytes: 4096 };
    const storage = logStorage(options);
    await storage.open();
    for (let index = 1; index <= 60; index += 1) await storage.write({ entries: entriesOf(index, index, 1, 100) });
    await installSnapshot(storage, metaOf(45));
    await storage.compact(45);
    await storage.close();
    const again = logStorage(options);
    const { log } = await again.open();
    expect(log.firstIndex).toBeLessThanOrEqual(46);
    expect(await again.readEntries({ from: 46, to: 60, maxBytes: 1e6 })).toEqual(entriesOf(46, 60, 1, 100));
    await again.close();
  });
});
