import { systemClock } from '@raft/core';
import { type HardState, storageIdSchema } from '@raft/wire';
import { assertEqual, assertRejects, assertTrue } from './assert.ts';
import { entriesOf, entryOf, metaOf, placeTests, type StorageSuiteOptions } from './storage-place.ts';

const hardState: HardState = { currentTerm: 7, votedFor: 'n2' };
const clusterId = '00112233445566778899aabbccddeeff';

export function lifecycleTests(options: StorageSuiteOptions): void {
  const test = placeTests(options);

  test('a new storage is empty', async (place) => {
    const { state } = await place.open();
    assertTrue(storageIdSchema.safeParse(state.storageId).success, 'the storage id is 128 bits in hex');
    assertEqual(
      { ...state, storageId: '' },
      {
        storageId: '',
        hardState: { currentTerm: 0, votedFor: null },
        commitIndex: 0,
        log: { firstIndex: 1, lastIndex: 0, termRuns: [], configurations: [] },
      },
      'nothing is there',
    );
  });

  test('the storage id is constant over restarts', async (place) => {
    const first = await place.open();
    const second = await place.reopen(first.storage);
    assertEqual(second.state.storageId, first.state.storageId, 'the same id');
  });

  options.runner.test('two storages have two ids', async () => {
    const ids: string[] = [];
    for (let count = 0; count < 2; count += 1) {
      const place = await options.create();
      const storage = place.storage();
      ids.push((await storage.open()).storageId);
      await storage.close();
      await place.dispose?.();
    }
    assertTrue(ids[0] !== ids[1], 'each place has an id of its own');
  });

  test('hard state, cluster id and commit index survive a restart', async (place) => {
    const { storage } = await place.open();
    await storage.write({ hardState, clusterId, entries: entriesOf(1, 3, 7), commitIndex: 2 });
    const { state } = await place.reopen(storage);
    assertEqual([state.hardState, state.clusterId, state.commitIndex], [hardState, clusterId, 2], 'as written');
  });

  test('a write that leaves them out keeps hard state and cluster id', async (place) => {
    const { storage } = await place.open();
    await storage.write({ hardState, clusterId, entries: [] });
    await storage.write({ entries: entriesOf(1, 1, 7) });
    const { state } = await place.reopen(storage);
    assertEqual([state.hardState, state.clusterId], [hardState, clusterId], 'as written first');
  });

  test('the last of several hard states counts, a vote of nobody too', async (place) => {
    const { storage } = await place.open();
    const last: HardState = { currentTerm: 8, votedFor: null };
    await Promise.all([storage.write({ hardState, entries: [] }), storage.write({ hardState: last, entries: [] })]);
    const { state } = await place.reopen(storage);
    assertEqual(state.hardState, last, 'the last one');
  });

  test('close waits for writes under way', async (place) => {
    const { storage } = await place.open();
    const writes = Promise.all([storage.write({ entries: entriesOf(1, 3, 1) }), storage.write({ entries: entriesOf(4, 5, 1) })]);
    const { state } = await place.reopen(storage);
    await writes;
    assertEqual(state.log.lastIndex, 5, 'all of them');
  });

  test('close waits for writes that wait for the one under way', async (place) => {
    const { storage } = await place.open();
    const first = storage.write({ entries: [entryOf(1, 1)] });
    // A storage that groups writes has begun by now, and takes the others together when it has ended.
    await new Promise<void>((resolve) => systemClock.defer(resolve));
    const others = [2, 3].map((index) => storage.write({ entries: [entryOf(index, 1)] }));
    const { state } = await place.reopen(storage);
    await Promise.all([first, ...others]);
    assertEqual(state.log.lastIndex, 3, 'all of them');
  });

  test('close may be called again, and disposing closes', async (place) => {
    const { storage } = await place.open();
    await storage[Symbol.asyncDispose]();
    await storage.close();
    await Promise.all([storage.close(), storage.close()]);
  });

  test('a storage that was never opened can be closed', async (place) => {
    const storage = place.storage();
    await storage.close();
    await assertRejects(storage.open(), 'closed', 'open after close');
  });

  test('each call behind close rejects with closed', async (place) => {
    const { storage } = await place.open();
    await storage.write({ entries: entriesOf(1, 3, 1) });
    const writer = await storage.createSnapshot(metaOf(2, 1));
    const closing = storage.close();
    await assertRejects(storage.write({ entries: [entryOf(4, 1)] }), 'closed', 'write');
    await assertRejects(storage.readEntries({ from: 1, to: 3, maxBytes: 1000 }), 'closed', 'readEntries');
    await assertRejects(storage.createSnapshot(metaOf(2, 1)), 'closed', 'createSnapshot');
    await assertRejects(storage.openSnapshot(), 'closed', 'openSnapshot');
    await assertRejects(storage.compact(1), 'closed', 'compact');
    await assertRejects(writer.write(new Uint8Array(1)), 'closed', 'write of a snapshot');
    await assertRejects(writer.commit(), 'closed', 'commit of a snapshot');
    await writer.abort();
    await closing;
    await assertRejects(storage.write({ entries: [entryOf(4, 1)] }), 'closed', 'write when close has ended');
  });

  test('a storage is opened once', async (place) => {
    const { storage } = await place.open();
    await assertRejects(storage.open(), 'invalidArgument', 'the second open');
    await storage.write({ entries: entriesOf(1, 1, 1) });
  });

  if (!options.supports.lock) return;

  test('a second storage of the same place is refused until the first is closed', async (place) => {
    const { storage } = await place.open();
    await assertRejects(place.storage().open(), 'locked', 'the second open');
    await storage.write({ entries: entriesOf(1, 1, 1) });
    await assertRejects(place.storage().open(), 'locked', 'a third open');
    const { state } = await place.reopen(storage);
    assertEqual(state.log.lastIndex, 1, 'the first one went on undisturbed');
  });
}
