import { storageSuite } from '@raft/conformance';
import { encodeEntry } from '@raft/wire';
import { describe, expect, test } from 'vitest';
import { memoryDisk } from './memory-disk.ts';
import { memoryStorage } from './memory-storage.ts';

storageSuite({
  runner: { describe, test },
  create: () => {
    const disk = memoryDisk();
    return { storage: () => memoryStorage({ disk }) };
  },
  supports: { lock: true },
});

const entry = encodeEntry({ index: 1, term: 1, kind: 'command', data: new Uint8Array(3) });

describe('a crash of a memory disk', () => {
  test('takes what has not resolved, and the storage with it', async () => {
    const disk = memoryDisk();
    const storage = memoryStorage({ disk });
    await storage.open();
    await storage.write({ entries: [entry] });
    const lost = storage.write({ entries: [], hardState: { currentTerm: 5, votedFor: null } });
    disk.crash();
    await expect(lost).rejects.toMatchObject({ code: 'closed' });
    await expect(storage.write({ entries: [] })).rejects.toMatchObject({ code: 'closed' });
    const state = await memoryStorage({ disk }).open();
    await storage.close();
    expect(state.log.lastIndex).toBe(1);
    expect(state.hardState.currentTerm).toBe(0);
    await expect(memoryStorage({ disk }).open()).rejects.toMatchObject({ code: 'locked' });
  });

  test('leaves the id that the disk was formatted with', async () => {
    const disk = memoryDisk();
    const storageId = 'ab'.repeat(16);
    expect((await memoryStorage({ disk, storageId }).open()).storageId).toBe(storageId);
    disk.crash();
    expect((await memoryStorage({ disk }).open()).storageId).toBe(storageId);
  });
});
