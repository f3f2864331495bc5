import type { StorageState } from '@raft/core';
import { describe, expect, test } from 'vitest';
import { batchHeaderBytes } from '../src/batch-codec.ts';
import { entriesOf, installSnapshot, LogFolder, metaOf } from './log-folder.ts';

const first = 'segment-0000000001';

/** A log whose last write is vouched for, by the marker that followed it. */
async function smallLog(): Promise<{ folder: LogFolder; end: number; saved: Map<string, Uint8Array> }> {
  const folder = new LogFolder();
  const storage = folder.storage();
  await storage.open();
  await storage.write({ entries: entriesOf(1, 2), hardState: { currentTerm: 1, votedFor: 'n1' } });
  await storage.write({ truncateFrom: 2, entries: entriesOf(2, 4, 2), clusterId: '00112233445566778899aabbccddeeff' });
  await storage.write({ entries: entriesOf(5, 5, 2) });
  await storage.close();
  const bytes = folder.bytes(first);
  const end = bytes.findLastIndex((byte) => byte !== 0) + 1;
  return { folder, end, saved: folder.save() };
}

async function codeAndMessage(folder: LogFolder): Promise<{ code?: unknown; message?: string; state?: StorageState }> {
  try {
    return { state: await folder.look() };
  } catch (error) {
    return error as { code: unknown; message: string };
  }
}

describe('damage', () => {
  test('any byte flipped in what a later header calls durable is found at start, with file and offset, and nothing is touched', async () => {
    const { folder, end, saved } = await smallLog();
    const markerAt = end - batchHeaderBytes;
    for (let at = 0; at < markerAt; at += 1) {
      for (const flip of [0xff, 1 << (at % 8)]) {
        folder.restore(saved);
        const bytes = folder.bytes(first);
        bytes[at] = (bytes[at] ?? 0) ^ flip;
        const spoilt = folder.save();
        const { code, message } = await codeAndMessage(folder);
        expect(code, `byte ${at}`).toBe('damaged');
        const offset = Number(/file segment-0000000001 is damaged at offset (\d+)/.exec(message ?? '')?.[1]);
        expect(offset).toBeLessThanOrEqual(at);
        expect(folder.save()).toEqual(spoilt);
      }
    }
    expect(folder.events).toEqual([]);
  });

  test('a flipped byte in the marker, for which nothing vouches, loses nothing', async () => {
    const { folder, end, saved } = await smallLog();
    for (let at = end - batchHeaderBytes; at < end; at += 1) {
      folder.restore(saved);
      const bytes = folder.bytes(first);
      bytes[at] = (bytes[at] ?? 0) ^ 0x10;
      expect((await folder.look()).log.lastIndex).toBe(5);
    }
  });

  test('any byte flipped in the identity is found', async () => {
    const { folder, saved } = await smallLog();
    for (let at = 0; at < folder.bytes('identity').length; at += 1) {
      folder.restore(saved);
      const bytes = folder.bytes('identity');
      bytes[at] = (bytes[at] ?? 0) ^ 0x01;
      expect(await codeAndMessage(folder), `byte ${at}`).toMatchObject({ code: 'damaged', message: expect.stringContaining('identity') });
    }
  });

  test('any byte flipped in a snapshot is found at start, or when its block is read', async () => {
    const folder = new LogFolder();
    const storage = folder.storage();
    await storage.open();
    await installSnapshot(storage, metaOf(9));
    await storage.close();
    const saved = folder.save();
    const name = folder.names.find((each) => each.startsWith('snapshot')) ?? '';
    for (let at = 0; at < folder.bytes(name).length; at += 1) {
      folder.restore(saved);
      const bytes = folder.bytes(name);
      bytes[at] = (bytes[at] ?? 0) ^ 0x04;
      const damaged = { code: 'damaged', message: expect.stringContaining(name) };
      const again = folder.storage();
      const opened = await again.open().catch((error: unknown) => error);
      if (opened instanceof Error) expect(opened, `byte ${at}`).toMatchObject(damaged);
      else {
        await using reader = await again.openSnapshot();
        await expect(reader?.read(0, 1000), `byte ${at}`).rejects.toMatchObject(damaged);
      }
      await again.close();
    }
  });

  test('a byte that rots while the storage is open is found when its entry is read', async () => {
    const folder = new LogFolder();
    const storage = folder.storage();
    await storage.open();
    await storage.write({ entries: entriesOf(1, 5) });
    const bytes = folder.bytes(first);
    const at = bytes.indexOf(3, bytes.length / 8);
    const rotten = bytes.findIndex((byte, index) => index >= at - 2000 && byte === 3 && bytes[index + 1] === 3 && bytes[index + 2] === 3);
    bytes[rotten] = 99;
    await expect(storage.readEntries({ from: 1, to: 5, maxBytes: 9999 })).rejects.toMatchObject({
      code: 'damaged',
      message: expect.stringContaining(first),
    });
    expect(await storage.readEntries({ from: 1, to: 2, maxBytes: 9999 })).toHaveLength(2);
    await storage.close();
  });
});

describe('segments', () => {
  /** Several segments; nothing is compacted. */
  async function segmentedLog(snapshotAt?: number): Promise<LogFolder> {
    const folder = new LogFolder();
    const storage = folder.storage();
    await storage.open();
    for (let index = 1; index <= 100; index += 5) await storage.write({ entries: entriesOf(index, index + 4, 1, 100) });
    if (snapshotAt !== undefined) await installSnapshot(storage, metaOf(snapshotAt));
    await storage.close();
    return folder;
  }

  test('a missing segment that is needed is damage, and named', async () => {
    const folder = await segmentedLog();
    const saved = folder.save();
    for (const name of folder.names.filter((each) => each.startsWith('segment')).slice(0, -1)) {
      folder.restore(saved);
      folder.remove(name);
      expect(await codeAndMessage(folder)).toMatchObject({ code: 'damaged', message: expect.stringContaining(name) });
      expect(folder.names).toHaveLength(saved.size - 1);
    }
  });

  test('a segment that is empty where it was durable is damage', async () => {
    const folder = await segmentedLog();
    const saved = folder.save();
    // The last one that is in use has nothing behind it that could vouch for it; behind it stands a spare.
    for (const name of folder.names.filter((each) => each.startsWith('segment')).slice(0, -2)) {
      folder.restore(saved);
      folder.bytes(name).fill(0);
      expect(await codeAndMessage(folder)).toMatchObject({
        code: 'damaged',
        message: expect.stringContaining(`${name} is damaged at offset 0`),
      });
    }
  });

  test('missing and bad segments wholly below the snapshot are ignored and removed', async () => {
    const folder = await segmentedLog(60);
    folder.remove('segment-0000000002');
    folder.bytes(first).fill(0xaa, 100, 200);
    const state = await folder.look();
    expect(state.log.lastIndex).toBe(100);
    expect(state.log.firstIndex).toBeLessThanOrEqual(61);
    expect(state.log.firstIndex).toBeGreaterThan(1);
    expect(folder.names).not.toContain(first);
    expect((await folder.look()).log).toEqual(state.log);
  });

  test('bad bytes just above the snapshot are damage all the same', async () => {
    const folder = await segmentedLog(60);
    const storage = folder.storage();
    const { log } = await storage.open();
    await storage.compact(60);
    await storage.close();
    expect(log.firstIndex).toBe(1);
    const lowest = folder.names.find((each) => each.startsWith('segment')) ?? '';
    folder.bytes(lowest).fill(0xaa, 2000, 2100);
    expect(await codeAndMessage(folder)).toMatchObject({ code: 'damaged', message: expect.stringContaining(lowest) });
  });

  test('a missing identity is damage as soon as anything was written', async () => {
    const folder = await segmentedLog();
    folder.remove('identity');
    expect(await codeAndMessage(folder)).toMatchObject({ code: 'damaged', message: expect.stringContaining('identity') });
  });

  test('a folder with somebody else in it is not formatted', async () => {
    const folder = new LogFolder();
    folder.restore(new Map([['precious.txt', new Uint8Array(3)]]));
    expect(await codeAndMessage(folder)).toMatchObject({ code: 'foreignData', message: expect.stringContaining('precious.txt') });
    expect(folder.names).toEqual(['precious.txt']);
  });
});
