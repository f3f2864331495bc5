import { assertEqual, assertRejects, assertTrue, type Runner } from '@raft/conformance';
import { chunksOf } from '../src/chunk-codec.ts';
import { indexedDbStorage } from '../src/index.ts';
import { assertRefused, entriesOf, install, metaOf, withStorage } from './filled-storage.ts';
import { flipByte, inStore } from './raw-database.ts';

/** What is in a database and is not what was written. */
export function damageTests(test: Runner['test']): void {
  test('of an entry is refused, and named', async () => {
    await withStorage('flipped', async (storage) => {
      await storage.write({ entries: entriesOf(1, 5) });
      await storage.write({ entries: entriesOf(6, 9) });
    });
    await flipByte('flipped', 'chunks', { key: 6, at: 200 });
    await assertRefused('flipped', 'damaged', 'chunks', '6');
  });

  test('of the state or the identity is refused', async () => {
    for (const key of ['state', 'identity']) {
      await withStorage(`flipped-${key}`, (storage) => storage.write({ entries: entriesOf(1, 5) }));
      await flipByte(`flipped-${key}`, 'meta', { key, at: 6 });
      await assertRefused(`flipped-${key}`, 'damaged', 'meta', key);
    }
  });

  for (const [what, key] of [
    ['first', 1],
    ['middle', 6],
    ['last', 10],
  ] as const) {
    test(`is seen when the ${what} chunk is missing`, async () => {
      const name = `missing-${what}`;
      await withStorage(name, async (storage) => {
        for (const [from, to] of [
          [1, 5],
          [6, 9],
          [10, 12],
        ] as const)
          await storage.write({ entries: entriesOf(from, to) });
      });
      await inStore(name, 'chunks', (store) => store.delete(key));
      await assertRefused(name, 'damaged', 'chunks');
    });
  }

  for (const [what, from, to, term] of [
    ['a chunk that begins within another', 5, 8, 2],
    ['a chunk whose term falls', 6, 9, 1],
  ] as const) {
    test(`is seen in ${what}, though each is whole`, async () => {
      const name = `misfit-${from}`;
      await withStorage(name, async (storage) => {
        await storage.write({ entries: entriesOf(1, 5, 100, 2) });
        await storage.write({ entries: entriesOf(6, 9, 100, 2) });
      });
      const [chunk] = chunksOf(entriesOf(from, to, 100, term));
      await inStore(name, 'chunks', (store) => store.delete(6));
      await inStore(name, 'chunks', (store) => store.put(chunk?.bytes, from));
      await assertRefused(name, 'damaged', 'chunks', String(from));
    });
  }

  test('of a snapshot is seen when it is read, and a block that is missing at open', async () => {
    const name = 'flipped-snapshot';
    await withStorage(name, async (storage) => {
      await storage.write({ entries: entriesOf(1, 5) });
      await install(storage, metaOf(5), 100_000);
    });
    await flipByte(name, 'snapshotBlocks', { key: [1, 1], at: 1000 });
    await withStorage(name, async (storage) => {
      await using reader = await storage.openSnapshot();
      assertTrue(reader !== undefined, 'there is a snapshot');
      assertEqual((await reader.read(0, 32_768)).length, 32_768, 'the first block is whole');
      const error = await assertRejects(reader.read(32_768, 1), 'damaged', 'the second');
      assertTrue(String(error).includes('[1,1]'), 'it is named');
    });
    await inStore(name, 'snapshotBlocks', (store) => store.delete([1, 3]));
    await assertRefused(name, 'damaged', 'snapshotBlocks');
  });

  test('of a chunk while it is open is seen by reads', async () => {
    await withStorage('flipped-open', async (storage) => {
      await storage.write({ entries: entriesOf(1, 5) });
      await flipByte('flipped-open', 'chunks', { key: 1, at: 60 });
      await assertRejects(storage.readEntries({ from: 1, to: 5, maxBytes: 1000 }), 'damaged', 'a read');
    });
  });

  test('that a truncation meets rejects it, and nothing of it happens', async () => {
    const name = 'flipped-cut';
    await withStorage(name, async (storage) => {
      await storage.write({ entries: entriesOf(1, 5) });
      await storage.write({ entries: entriesOf(6, 9) });
      await flipByte(name, 'chunks', { key: 1, at: 60 });
      await assertRejects(storage.write({ truncateFrom: 3, entries: [] }), 'damaged', 'the truncation');
    });
    await flipByte(name, 'chunks', { key: 1, at: 60 });
    const storage = indexedDbStorage({ name });
    assertEqual((await storage.open()).log.lastIndex, 9, 'the log is as before');
    await storage.close();
  });

  test('leaves nothing of snapshots that are not current', async () => {
    const name = 'surplus';
    await withStorage(name, async (storage) => {
      await storage.write({ entries: entriesOf(1, 9) });
      await install(storage, metaOf(3), 100_000);
      await install(storage, metaOf(5), 50_000);
      const committed = await storage.createSnapshot(metaOf(7));
      await committed.write(new Uint8Array(40_000));
      await committed.commit();
    });
    await inStore(name, 'snapshotBlocks', (store) => store.put(new Uint8Array(9), [17, 0]));
    await withStorage(name, async () => undefined);
    const keys = await inStore(name, 'snapshotBlocks', (store) => store.getAllKeys());
    assertEqual(
      keys,
      [
        [2, 0],
        [2, 1],
      ],
      'the blocks of the current one',
    );
    assertEqual(await inStore(name, 'snapshots', (store) => store.getAllKeys()), [2], 'its record');
  });
}
