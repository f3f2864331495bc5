import type { SnapshotReader, Storage } from '@raft/core';
import type { Bytes, SnapshotMeta } from '@raft/wire';
import { assertEqual, assertRejects, assertTrue } from './assert.ts';
import {
  checkEntries,
  entriesOf,
  entryOf,
  metaOf,
  type PlaceTest,
  placeTests,
  readAll,
  type StorageSuiteOptions,
} from './storage-place.ts';

const largeBytes = 200_001;

export function snapshotTests(options: StorageSuiteOptions): void {
  const test = placeTests(options);
  contentTests(test);
  lifeTests(test);
}

function contentTests(test: PlaceTest): void {
  test('there is none at first', async (place) => {
    const { storage } = await place.open();
    assertEqual(await storage.openSnapshot(), undefined, 'no snapshot');
  });

  test('its bytes and meta survive a restart', async (place) => {
    const { storage } = await place.open();
    await install(storage, metaOf(5, 2), contentOf(largeBytes, 1));
    await checkSnapshot(storage, metaOf(5, 2), contentOf(largeBytes, 1));
    const { storage: again, state } = await place.reopen(storage);
    assertEqual(state.snapshot, metaOf(5, 2), 'open tells its meta');
    await checkSnapshot(again, metaOf(5, 2), contentOf(largeBytes, 1));
  });

  test('an empty one is one', async (place) => {
    const { storage } = await place.open();
    await install(storage, metaOf(5, 2), new Uint8Array(0));
    const { storage: again } = await place.reopen(storage);
    await checkSnapshot(again, metaOf(5, 2), new Uint8Array(0));
  });

  test('any part of it can be read', async (place) => {
    const { storage } = await place.open();
    const content = contentOf(largeBytes, 3);
    await install(storage, metaOf(5, 2), content);
    await using reader = await opened(storage);
    const ranges = [
      [0, 1],
      [1, 100],
      [65_535, 2],
      [65_536, 65_536],
      [100_000, largeBytes],
      [largeBytes - 1, 10],
      [largeBytes, 10],
      [3, 0],
    ] as const;
    for (const [offset, maxBytes] of ranges) {
      assertEqual(await reader.read(offset, maxBytes), content.slice(offset, offset + maxBytes), `${maxBytes} bytes from ${offset}`);
    }
  });

  test('the bytes of a chunk may be used again once it is written', async (place) => {
    const { storage } = await place.open();
    const writer = await storage.createSnapshot(metaOf(1, 1));
    const chunk = new Uint8Array(1000);
    for (let round = 0; round < 3; round += 1) {
      chunk.fill(round + 1);
      await writer.write(chunk);
    }
    chunk.fill(9);
    await writer.commit();
    await storage.write({ snapshot: metaOf(1, 1), entries: [] });
    await using reader = await opened(storage);
    const found = await reader.read(0, 3000);
    assertEqual([found[0], found[1000], found[2000], found[2999]], [1, 2, 3, 3], 'what was in it when it was written');
  });

  test('several can be made at once, beside writes', async (place) => {
    const { storage } = await place.open();
    await storage.write({ entries: entriesOf(1, 4, 1) });
    const one = await storage.createSnapshot(metaOf(2, 1));
    const two = await storage.createSnapshot(metaOf(3, 1));
    await Promise.all([one.write(contentOf(500, 1)), two.write(contentOf(700, 2)), storage.write({ entries: entriesOf(5, 6, 1) })]);
    await Promise.all([two.commit(), one.commit()]);
    await storage.write({ snapshot: metaOf(2, 1), entries: [] });
    await checkSnapshot(storage, metaOf(2, 1), contentOf(500, 1));
    await storage.write({ snapshot: metaOf(3, 1), entries: [] });
    await checkSnapshot(storage, metaOf(3, 1), contentOf(700, 2));
  });
}

function lifeTests(test: PlaceTest): void {
  test('commit alone does not make it current', async (place) => {
    const { storage } = await place.open();
    await install(storage, metaOf(2, 1), contentOf(10, 1));
    await commit(storage, metaOf(4, 1), contentOf(20, 2));
    await checkSnapshot(storage, metaOf(2, 1), contentOf(10, 1));
  });

  test('one that was committed and never became current is gone after a restart', async (place) => {
    const { storage } = await place.open();
    await install(storage, metaOf(2, 1), contentOf(10, 1));
    await commit(storage, metaOf(4, 1), contentOf(20, 2));
    const { storage: again, state } = await place.reopen(storage);
    assertEqual(state.snapshot, metaOf(2, 1), 'the current one is as before');
    await assertRejects(again.write({ snapshot: metaOf(4, 1), entries: [] }), 'invalidArgument', 'making it current');
    await checkSnapshot(again, metaOf(2, 1), contentOf(10, 1));
  });

  test('one that was not committed is gone after a restart', async (place) => {
    const { storage } = await place.open();
    const writer = await storage.createSnapshot(metaOf(4, 1));
    await writer.write(contentOf(20, 2));
    await assertRejects(storage.write({ snapshot: metaOf(4, 1), entries: [] }), 'invalidArgument', 'making it current');
    const { storage: again, state } = await place.reopen(storage);
    assertEqual(state.snapshot, undefined, 'no snapshot');
    await assertRejects(again.write({ snapshot: metaOf(4, 1), entries: [] }), 'invalidArgument', 'making it current later');
  });

  test('one that was aborted is forgotten', async (place) => {
    const { storage } = await place.open();
    const writer = await storage.createSnapshot(metaOf(4, 1));
    await writer.write(contentOf(20, 2));
    await writer.abort();
    await writer.abort();
    await assertRejects(writer.write(contentOf(1, 1)), 'invalidArgument', 'a chunk behind abort');
    await assertRejects(writer.commit(), 'invalidArgument', 'commit behind abort');
    await assertRejects(storage.write({ snapshot: metaOf(4, 1), entries: [] }), 'invalidArgument', 'making it current');
  });

  test('abort behind commit does nothing', async (place) => {
    const { storage } = await place.open();
    const writer = await storage.createSnapshot(metaOf(4, 1));
    await writer.write(contentOf(20, 2));
    await writer.commit();
    await writer.abort();
    await storage.write({ snapshot: metaOf(4, 1), entries: [] });
    await checkSnapshot(storage, metaOf(4, 1), contentOf(20, 2));
  });

  test('a pinned one can be read when newer ones have become current', async (place) => {
    const { storage } = await place.open();
    await install(storage, metaOf(2, 1), contentOf(largeBytes, 1));
    const first = await opened(storage);
    const second = await opened(storage);
    await install(storage, metaOf(4, 1), contentOf(20, 2));
    await install(storage, metaOf(6, 2), contentOf(30, 3));
    await first[Symbol.asyncDispose]();
    assertEqual(await second.read(100_000, 1e6), contentOf(largeBytes, 1).slice(100_000), 'the old content');
    assertEqual(second.meta, metaOf(2, 1), 'the old meta');
    await second[Symbol.asyncDispose]();
    await second[Symbol.asyncDispose]();
    await assertRejects(second.read(0, 1), 'closed', 'a read behind dispose');
    await checkSnapshot(storage, metaOf(6, 2), contentOf(30, 3));
    const { storage: again } = await place.reopen(storage);
    await checkSnapshot(again, metaOf(6, 2), contentOf(30, 3));
  });

  test('an older one than the current one is refused', async (place) => {
    const { storage } = await place.open();
    await commit(storage, metaOf(2, 1), contentOf(10, 1));
    await commit(storage, metaOf(4, 1), contentOf(20, 2));
    await storage.write({ snapshot: metaOf(4, 1), entries: [] });
    await assertRejects(storage.write({ snapshot: metaOf(2, 1), entries: [] }), 'invalidArgument', 'the older one');
  });
}

/** Paper, Figure 13, rules 6 and 7; and compaction. */
export function installTests(options: StorageSuiteOptions): void {
  const test = placeTests(options);

  test('keeps a log that holds its last entry', async (place) => {
    const { storage } = await place.open();
    await storage.write({ entries: entriesOf(1, 8, 1) });
    await install(storage, metaOf(5, 1), contentOf(10, 1));
    const { storage: again, state } = await place.reopen(storage);
    assertEqual(state.log.lastIndex, 8, 'the last entry is there');
    await checkEntries(again, entriesOf(6, 8, 1), 'what is behind the snapshot');
    await again.write({ entries: entriesOf(9, 9, 1) });
  });

  test('drops a log that holds another term there', async (place) => {
    const { storage } = await place.open();
    await storage.write({ entries: entriesOf(1, 8, 1) });
    await install(storage, metaOf(5, 2), contentOf(10, 1));
    assertEqual(await readAll(storage, 6), [], 'nothing behind the snapshot');
    assertEqual(await readAll(storage, 3), [], 'nothing in front of it');
    const { storage: again, state } = await place.reopen(storage);
    assertEqual(state.log, { firstIndex: 6, lastIndex: 5, termRuns: [], configurations: [] }, 'the log is empty');
    await again.write({ entries: entriesOf(6, 7, 2) });
    await checkEntries(again, entriesOf(6, 7, 2), 'it goes on behind the snapshot');
  });

  test('drops a log that does not reach so far', async (place) => {
    const { storage } = await place.open();
    await storage.write({ entries: [entryOf(1, 1, { kind: 'configuration' }), ...entriesOf(2, 3, 1)] });
    await install(storage, metaOf(9, 4), contentOf(10, 1));
    const { storage: again, state } = await place.reopen(storage);
    assertEqual(state.log, { firstIndex: 10, lastIndex: 9, termRuns: [], configurations: [] }, 'the log is empty');
    await assertRejects(again.write({ entries: [entryOf(4, 4)] }), 'invalidArgument', 'where the old log went on');
    await assertRejects(again.write({ entries: [entryOf(10, 3)] }), 'invalidArgument', "a term below the snapshot's");
    await again.write({ entries: [entryOf(10, 4)] });
    const { storage: third } = await place.reopen(again);
    await checkEntries(third, [entryOf(10, 4)], 'it goes on behind the snapshot');
  });

  test('takes effect before truncation and entries of its batch', async (place) => {
    const { storage } = await place.open();
    await storage.write({ entries: entriesOf(1, 8, 1) });
    await commit(storage, metaOf(5, 1), contentOf(10, 1));
    await commit(storage, metaOf(12, 3), contentOf(10, 2));
    await storage.write({ snapshot: metaOf(5, 1), truncateFrom: 7, entries: entriesOf(7, 9, 2) });
    await checkEntries(storage, [entryOf(6, 1), ...entriesOf(7, 9, 2)], 'kept, cut and appended');
    await storage.write({ snapshot: metaOf(12, 3), entries: entriesOf(13, 14, 3), hardState: { currentTerm: 3, votedFor: null } });
    const { storage: again, state } = await place.reopen(storage);
    assertEqual([state.log.firstIndex, state.log.lastIndex, state.hardState.currentTerm], [13, 14, 3], 'dropped and appended');
    await checkEntries(again, entriesOf(13, 14, 3), 'only the new ones');
  });

  test('lets nothing that it covers be truncated', async (place) => {
    const { storage } = await place.open();
    await storage.write({ entries: entriesOf(1, 8, 1) });
    await install(storage, metaOf(5, 1), contentOf(10, 1));
    await assertRejects(storage.write({ truncateFrom: 5, entries: [] }), 'invalidArgument', 'its last entry');
    await storage.write({ truncateFrom: 6, entries: [] });
    const { state } = await place.reopen(storage);
    assertEqual(state.log.lastIndex, 5, 'all behind it may go');
  });

  test('may be cut from the log, up to its end and no further', async (place) => {
    const { storage } = await place.open();
    await storage.write({ entries: [...entriesOf(1, 4, 1), ...entriesOf(5, 20, 2)] });
    await storage.compact(10);
    await checkEntries(storage, [...entriesOf(1, 4, 1), ...entriesOf(5, 20, 2)], 'nothing covers them');
    await install(storage, metaOf(10, 2), contentOf(10, 1));
    await storage.compact(3);
    await checkEntries(storage, [entryOf(4, 1), ...entriesOf(5, 20, 2)], 'what was not asked for');
    await storage.compact(15);
    await checkEntries(storage, entriesOf(11, 20, 2), 'what no snapshot covers');
    const gone = await storage.readEntries({ from: 1, to: 20, maxBytes: 1e6 });
    assertTrue(gone.length === 0 || gone[0]?.index === 1, 'a read of what was cut is empty, or finds it');
    await storage.write({ entries: entriesOf(21, 22, 2) });
    const { storage: again } = await place.reopen(storage);
    await checkEntries(again, entriesOf(11, 22, 2), 'all behind the snapshot, after a restart');
  });

  test('may replace another of the same place', async (place) => {
    const { storage } = await place.open();
    await storage.write({ entries: entriesOf(1, 8, 1) });
    await install(storage, metaOf(5, 1), contentOf(10, 1));
    await storage.compact(5);
    await install(storage, metaOf(5, 1), contentOf(20, 2));
    const { storage: again } = await place.reopen(storage);
    await checkSnapshot(again, metaOf(5, 1), contentOf(20, 2));
    await checkEntries(again, entriesOf(6, 8, 1), 'the log is kept');
  });
}

/** Bytes that tell where they stand. */
function contentOf(bytes: number, seed: number): Bytes {
  return Uint8Array.from({ length: bytes }, (_, at) => (at * 7 + (at >> 8) * 13 + seed * 101) % 256);
}

async function commit(storage: Storage, meta: SnapshotMeta, content: Bytes): Promise<void> {
  const writer = await storage.createSnapshot(meta);
  for (let offset = 0; offset < content.length; offset += 50_000) await writer.write(content.slice(offset, offset + 50_000));
  await writer.commit();
}

async function install(storage: Storage, meta: SnapshotMeta, content: Bytes): Promise<void> {
  await commit(storage, meta, content);
  await storage.write({ snapshot: meta, entries: [] });
}

async function opened(storage: Storage): Promise<SnapshotReader> {
  const reader = await storage.openSnapshot();
  assertTrue(reader !== undefined, 'there is a snapshot');
  return reader;
}

async function checkSnapshot(storage: Storage, meta: SnapshotMeta, content: Bytes): Promise<void> {
  await using reader = await opened(storage);
  assertEqual(reader.meta, meta, 'the meta of the snapshot');
  assertEqual(reader.size, content.length, 'its size');
  for (let offset = 0; offset < content.length; offset += 30_000) {
    assertEqual(await reader.read(offset, 30_000), content.slice(offset, offset + 30_000), `its bytes from ${offset}`);
  }
}
