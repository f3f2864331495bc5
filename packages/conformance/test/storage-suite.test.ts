import { describe, expect, test } from 'vitest';
import { storageSuite } from '../src/index.ts';
import { SmallStorage, type StorageFault, smallPlace, storageFaults } from './mutants/broken-storage.ts';
import { recorder } from './recorder.ts';

async function run(fault?: StorageFault): Promise<string[]> {
  const runner = recorder();
  storageSuite({
    runner,
    create: () => {
      const place = smallPlace();
      return { storage: () => new SmallStorage(place, fault) };
    },
    supports: { lock: true },
  });
  return runner.run({ onlyFirst: fault !== undefined });
}

describe('storageSuite', () => {
  test('passes a storage that keeps the contract', async () => {
    expect(await run()).toEqual([]);
  });

  test.each(storageFaults)('fails a storage that %s', async (fault) => {
    expect(await run(fault)).not.toEqual([]);
  });
});
