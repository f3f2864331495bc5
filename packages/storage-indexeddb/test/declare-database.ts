import { assertEqual, assertRejects, assertTrue, type Runner } from '@raft/conformance';
import type { Storage } from '@raft/core';
import { type Entry, encodeEntry, type SnapshotMeta } from '@raft/wire';
import { chunksOf } from '../src/chunk-codec.ts';
import { indexedDbStorage } from '../src/index.ts';
import { deleteDatabase, flipByte, inStore, makeDatabase, openedDatabase, recorded, resultOf } from './raw-database.ts';

const configuration = { voters: [{ id: 'n1', storageId: '0123456789abcdef0123456789abcdef' }] };

function entriesOf(from: number, to: number, bytes = 100, term = 1): Entry[] {
  return Array.from({ length: to - from + 1 }, (_, at) =>
    encodeEntry({ index: from + at, term, kind: 'command', data: new Uint8Array(bytes) }),
  );
}

function metaOf(lastIncludedIndex: number): SnapshotMeta {
  return { lastIncludedIndex, lastIncludedTerm: 1, configuration, configurationIndex: 1 };
}

async function install(storage: Storage, meta: SnapshotMeta, bytes: number): Promise<void> {
  const writer = await storage.createSnapshot(meta);
  await writer.write(new Uint8Array(bytes).fill(7));
  await writer.commit();
  await storage.write({ snapshot: meta, entries: [] });
}

/** Opens a storage for a body, and closes it. */
async function withStorage(name: string, body: (storage: Storage) => Promise<void>): Promise<void> {
  await using storage = indexedDbStorage({ name });
  await storage.open();
  await body(storage);
}

async function assertRefused(name: string, code: string, ...words: readonly string[]): Promise<void> {
  for (const attempt of ['first', 'second']) {
    await using storage = indexedDbStorage({ name });
    const error = await assertRejects(storage.open(), code, `the ${attempt} open`);
    for (const word of [name, ...words]) assertTrue(String(error).includes(word), `${String(error)} has ${word} in it`);
  }
}

/** What is IndexedDB's own about the storage. */
export function declareDatabaseTests({ describe, test }: Runner): void {
  describe('a transaction', () => transactionTests(test));
  describe('a transaction for a crowd', () => crowdTests(test));
  describe('a read', () => readTests(test));
  describe('the schema', () => schemaTests(test));
  describe('damage', () => damageTests(test));
  describe('a database that is taken away', () => lossTests(test));
}

function transactionTests(test: Runner['test']): void {
  test('is strict, and puts one chunk for all entries that wait', async () => {
    await withStorage('strict', async (storage) => {
      const { durabilities, puts } = await recorded(async () => {
        const first = storage.write({ entries: entriesOf(1, 256) });
        const joined = [257, 258, 259].map((index) => storage.write({ entries: entriesOf(index, index) }));
        await first;
        await Promise.all(joined);
        await storage.write({ entries: entriesOf(260, 300), hardState: { currentTerm: 1, votedFor: null } });
      });
      assertEqual(durabilities, ['strict', 'strict'], 'two transactions');
      assertEqual(puts, ['chunks', 'meta', 'chunks', 'meta'], 'one chunk and the state in each');
    });
  });

  test('is strict whatever is done', async () => {
    const { durabilities } = await recorded(() =>
      withStorage('strict-all', async (storage) => {
        await storage.write({ entries: entriesOf(1, 10) });
        await storage.write({ entries: entriesOf(11, 20) });
        await storage.write({ truncateFrom: 15, entries: [] });
        await install(storage, metaOf(12), 100_000);
        await storage.compact(12);
        await install(storage, metaOf(13), 10);
      }),
    );
    assertEqual([...new Set(durabilities)], ['strict'], 'no other durability');
  });

  test('is not made for a commit index alone, which rides along with the next write', async () => {
    await withStorage('hint', async (storage) => {
      await storage.write({ entries: entriesOf(1, 3) });
      const { durabilities } = await recorded(() => storage.write({ commitIndex: 2, entries: [] }));
      assertEqual(durabilities, [], 'no transaction');
      await storage.write({ entries: entriesOf(4, 4) });
    });
    const storage = indexedDbStorage({ name: 'hint' });
    assertEqual((await storage.open()).commitIndex, 2, 'it was written then');
    await storage.close();
  });

  test('puts what is taken back before it was written nowhere, and shortens a chunk in place', async () => {
    await withStorage('shorten', async (storage) => {
      await storage.write({ entries: entriesOf(1, 10) });
      const { puts } = await recorded(async () => {
        await Promise.all([
          storage.write({ entries: entriesOf(11, 20) }),
          storage.write({ truncateFrom: 6, entries: [] }),
          storage.write({ entries: entriesOf(6, 7) }),
        ]);
      });
      assertEqual([...puts].sort(), ['chunks', 'chunks', 'meta'], 'the new chunk, the shortened one, the state');
    });
    const keys = await inStore('shorten', 'chunks', (store) => store.getAllKeys());
    assertEqual(keys, [1, 6], 'keys are first indices');
  });

  test('keeps large entries in chunks of their own', async () => {
    await withStorage('large', async (storage) => {
      await storage.write({ entries: [...entriesOf(1, 3, 400_000), ...entriesOf(4, 4, 3_000_000), ...entriesOf(5, 6)] });
    });
    const keys = await inStore('large', 'chunks', (store) => store.getAllKeys());
    assertEqual(keys, [1, 3, 4, 5], 'no chunk of several entries is above 1 MiB');
  });
}

function readTests(test: Runner['test']): void {
  test('that is asked for while a write is under way shows all of it or nothing', async () => {
    await withStorage('read-beside', async (storage) => {
      for (let round = 0; round < 10; round += 1) {
        await storage.write({ truncateFrom: 1, entries: entriesOf(1, 10, 100, 2 * round + 1) });
        const writing = storage.write({ truncateFrom: 4, entries: entriesOf(4, 5, 100, 2 * round + 2) });
        // Behind the microtasks of this turn, in which the transaction of the write begins.
        await new Promise<void>((resolve) => queueMicrotask(() => queueMicrotask(() => queueMicrotask(resolve))));
        const entries = await storage.readEntries({ from: 1, to: 10, maxBytes: 1e6 });
        assertTrue(entries.length === 10 || entries.length === 5, `all of it or nothing, not ${entries.length} entries`);
        await writing;
      }
    });
  });
}

function crowdTests(test: Runner['test']): void {
  /** More than a call of a function can have arguments. */
  const count = 150_000;

  test('takes any number of writes of one turn', async () => {
    await withStorage('crowd', async (storage) => {
      await Promise.all(Array.from({ length: count }, () => storage.write({ entries: [] })));
    });
  });

  test('that fails is heard of by all who wait for it', async () => {
    await withStorage('sad-crowd', async (storage) => {
      const { transaction } = IDBDatabase.prototype;
      IDBDatabase.prototype.transaction = () => {
        throw new DOMException('no transaction today', 'UnknownError');
      };
      const first = storage.write({ hardState: { currentTerm: 1, votedFor: null }, entries: [] });
      const writes = [first, ...Array.from({ length: count }, () => storage.write({ entries: [] }))];
      const outcomes = await Promise.allSettled(writes);
      IDBDatabase.prototype.transaction = transaction;
      assertTrue(
        outcomes.every(({ status }) => status === 'rejected'),
        'each is rejected',
      );
      await assertRejects(first, 'storageFailed', 'the first');
    });
  });
}

function schemaTests(test: Runner['test']): void {
  test('of a newer version is refused, and left alone', async () => {
    await withStorage('newer', (storage) => storage.write({ entries: entriesOf(1, 3) }));
    await makeDatabase('newer', 2, []);
    await assertRefused('newer', 'foreignData', 'version');
  });

  test('of somebody else is refused, and left alone', async () => {
    await makeDatabase('photos', 1, ['albums']);
    await assertRefused('photos', 'foreignData', 'albums');
    await makeDatabase('empty', 1, []);
    await assertRefused('empty', 'foreignData', 'none');
    assertEqual(await inStore('photos', 'albums', (store) => store.count()), 0, 'its store is still there');
  });

  test('of a database that is named like the one beside another is left alone', async () => {
    await withStorage('twin (empty)', (storage) => storage.write({ entries: entriesOf(1, 3) }));
    await withStorage('twin', (storage) => storage.write({ entries: entriesOf(1, 1) }));
    const twin = indexedDbStorage({ name: 'twin (empty)' });
    assertEqual((await twin.open()).log.lastIndex, 3, 'its log');
    await twin.close();
  });

  test('needs a name, and takes no unknown option', async () => {
    for (const options of [{ name: '' }, {}, { name: 'n1', nmae: 'n1' }]) {
      const make = async () => indexedDbStorage(options as { readonly name: string });
      await assertRejects(make(), 'invalidArgument', JSON.stringify(options));
    }
  });
}

function damageTests(test: Runner['test']): void {
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

function lossTests(test: Runner['test']): void {
  test('while a write is under way rejects it, whatever became of it', async () => {
    await withStorage('lost-beside', async (storage) => {
      const { transaction } = IDBDatabase.prototype;
      IDBDatabase.prototype.transaction = function (...args) {
        queueMicrotask(() => this.dispatchEvent(new Event('versionchange')));
        return transaction.apply(this, args);
      };
      const write = storage.write({ entries: entriesOf(1, 5) });
      await assertRejects(write, 'storageFailed', 'the write');
      IDBDatabase.prototype.transaction = transaction;
    });
  });

  test('by deletion rejects every write from then on, and keeps nobody waiting', async () => {
    await withStorage('deleted', async (storage) => {
      await storage.write({ entries: entriesOf(1, 5) });
      const underWay = storage.write({ entries: entriesOf(6, 600, 2000) }).catch((error: unknown) => String(error));
      await deleteDatabase('deleted');
      await underWay;
      const error = await assertRejects(storage.write({ entries: [] }), 'storageFailed', 'a write');
      assertTrue(String(error).includes('deleted'), 'it says what happened');
      await assertRejects(storage.readEntries({ from: 1, to: 5, maxBytes: 1000 }), 'storageFailed', 'a read');
    });
  });

  test('by force, its lock stolen, rejects every write with locked', async () => {
    await withStorage('stolen', async (storage) => {
      await storage.write({ entries: entriesOf(1, 5) });
      await navigator.locks.request('@raft/storage-indexeddb:stolen', { steal: true }, async () => {
        await assertRejects(storage.write({ entries: entriesOf(6, 6) }), 'locked', 'a write');
        await assertRejects(storage.write({ entries: entriesOf(6, 6) }), 'locked', 'another');
        await assertRejects(storage.createSnapshot(metaOf(5)), 'locked', 'a snapshot');
        await assertRejects(storage.openSnapshot(), 'locked', 'a reader');
        await assertRejects(storage.compact(5), 'locked', 'a compaction');
      });
    });
    await withStorage('stolen', (storage) => storage.write({ entries: entriesOf(6, 6) }));
  });

  test('by force, its lock stolen in open(), replaces nothing that the thief writes', async () => {
    const name = 'stolen-early';
    const state = () => inStore(name, 'meta', (store) => store.get('state'));
    await withStorage(name, (storage) => storage.write({ hardState: { currentTerm: 2, votedFor: null }, entries: [] }));
    const later = await state();
    await deleteDatabase(name);
    await withStorage(name, (storage) => storage.write({ hardState: { currentTerm: 1, votedFor: null }, entries: [] }));
    // Its transaction is asked for right behind the first of open(), so it runs before any other of it.
    const thief = await openedDatabase(name);
    const { transaction } = IDBDatabase.prototype;
    let theft: Promise<unknown> | undefined;
    IDBDatabase.prototype.transaction = function (names, mode, options) {
      const made = transaction.call(this, names, mode, options);
      theft ??= resultOf(transaction.call(thief, ['meta'], 'readwrite').objectStore('meta').put(later, 'state'));
      return made;
    };
    try {
      await withStorage(name, async () => void (await theft));
    } finally {
      IDBDatabase.prototype.transaction = transaction;
      thief.close();
    }
    assertEqual(await state(), later, 'the state');
  });

  test('a failed open lets go of the lock', async () => {
    await makeDatabase('let-go', 1, ['albums']);
    await assertRefused('let-go', 'foreignData');
    await deleteDatabase('let-go');
    await withStorage('let-go', (storage) => storage.write({ entries: entriesOf(1, 1) }));
  });
}
