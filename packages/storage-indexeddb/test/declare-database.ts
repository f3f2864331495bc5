import { assertEqual, assertRejects, assertTrue, type Runner } from '@raft/conformance';
import { indexedDbStorage } from '../src/index.ts';
import { damageTests } from './declare-damage.ts';
import { assertRefused, entriesOf, install, metaOf, withStorage } from './filled-storage.ts';
import { deleteDatabase, inStore, makeDatabase, openedDatabase, recorded, resultOf } from './raw-database.ts';

/** What is IndexedDB's own about the storage. */
export function declareDatabaseTests({ describe, test }: Runner): void {
  describe('a transaction', () => transactionTests(test));
  describe('a transaction for a crowd', () => crowdTests(test));
  describe('a read', () => readTests(test));
  describe('close', () => closeTests(test));
  describe('a snapshot', () => snapshotTests(test));
  describe('a compaction', () => compactionTests(test));
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

  test('takes no more than 8 MiB of several writes', async () => {
    await withStorage('heavy', async (storage) => {
      const { durabilities } = await recorded(async () => {
        await Promise.all([1, 2, 3].map((index) => storage.write({ entries: entriesOf(index, index, 3_000_000) })));
      });
      assertEqual(durabilities.length, 2, 'the third went into the next');
    });
  });

  test('makes durable all that open() says, by writing the state again', async () => {
    await withStorage('again', (storage) => storage.write({ entries: entriesOf(1, 10) }));
    const { durabilities, puts } = await recorded(() => withStorage('again', async () => undefined));
    assertEqual([durabilities, puts], [['strict'], ['meta', 'meta']], 'identity and state, in one strict transaction');
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

function closeTests(test: Runner['test']): void {
  test('ends an open() that is under way, and frees the lock', async () => {
    const storage = indexedDbStorage({ name: 'close-early' });
    const opening = assertRejects(storage.open(), 'closed', 'open');
    await storage.close();
    await withStorage('close-early', async () => undefined);
    await opening;
  });

  test('waits for writes behind the one under way', async () => {
    const storage = indexedDbStorage({ name: 'close-writes' });
    await storage.open();
    const ended: number[] = [];
    const first = storage.write({ entries: entriesOf(1, 4) }).then(() => ended.push(1));
    await new Promise((resolve) => setTimeout(resolve));
    const second = storage.write({ entries: entriesOf(5, 5) }).then(() => ended.push(2));
    await storage.close();
    assertEqual(ended, [1, 2], 'both have ended');
    await Promise.all([first, second]);
  });

  test('waits for reads, and ends readers and writers of snapshots', async () => {
    const name = 'close-all';
    const storage = indexedDbStorage({ name });
    await storage.open();
    await storage.write({ entries: entriesOf(1, 9, 3_000_000) });
    await install(storage, metaOf(2), 10);
    const reader = await storage.openSnapshot();
    const writer = await storage.createSnapshot(metaOf(5));
    await writer.write(new Uint8Array(2_000_000));
    let hasRead = false;
    const reading = storage.readEntries({ from: 1, to: 9, maxBytes: 1e9 }).then(() => {
      hasRead = true;
    });
    await storage.close();
    assertTrue(hasRead, 'the read has ended');
    await reading;
    await assertRejects(reader?.read(0, 1) ?? Promise.resolve(), 'closed', 'a read of the snapshot');
    assertEqual(await inStore(name, 'snapshotBlocks', (store) => store.count()), 1, 'nothing is left of the unfinished snapshot');
  });

  test('leaves no connection', async () => {
    const { close } = IDBDatabase.prototype;
    const names: string[] = [];
    IDBDatabase.prototype.close = function () {
      names.push(this.name);
      close.call(this);
    };
    try {
      await withStorage('unplugged', async () => undefined);
      assertTrue(names.includes('unplugged'), 'it is closed');
      await makeDatabase('plugged', 1, ['albums']);
      names.length = 0;
      await assertRejects(indexedDbStorage({ name: 'plugged' }).open(), 'foreignData', 'open');
      assertTrue(names.includes('plugged'), 'it is closed when it is refused');
      await inStore('unplugged', 'meta', (store) => store.delete('state'));
      names.length = 0;
      await assertRejects(indexedDbStorage({ name: 'unplugged' }).open(), 'damaged', 'open');
      assertTrue(names.includes('unplugged'), 'and when it is damaged');
    } finally {
      IDBDatabase.prototype.close = close;
    }
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

function compactionTests(test: Runner['test']): void {
  test('drops whole chunks, and none that the current snapshot does not cover', async () => {
    await withStorage('compact', async (storage) => {
      for (const [from, to] of [
        [1, 4],
        [5, 8],
        [9, 12],
      ] as const)
        await storage.write({ entries: entriesOf(from, to) });
      await storage.compact(12);
      assertEqual(await firsts(), [1, 5, 9], 'without a snapshot');
      const write = install(storage, metaOf(10), 10);
      await storage.compact(12);
      assertEqual(await firsts(), [1, 5, 9], 'while one is being made');
      await write;
      await storage.compact(5);
      assertEqual(await firsts(), [5, 9], 'as far as asked for');
      await storage.compact(12);
      assertEqual(await firsts(), [9], 'as far as it is covered');
      await storage.write({ truncateFrom: 11, entries: [] });
      await storage.write({ entries: entriesOf(11, 11) });
    });
    assertEqual(await firsts(), [9, 11], 'and it goes on');
  });

  const firsts = () => inStore('compact', 'chunks', (store) => store.getAllKeys());
}

function snapshotTests(test: Runner['test']): void {
  test('is durable with the record that says that it is whole, in one transaction', async () => {
    await withStorage('whole', async (storage) => {
      const writer = await storage.createSnapshot(metaOf(2));
      await writer.write(new Uint8Array(40_000));
      const { durabilities, puts } = await recorded(() => writer.commit());
      assertEqual([durabilities, puts], [['strict'], ['snapshotBlocks', 'snapshotBlocks', 'snapshots']], 'the record comes last');
    });
  });

  test('that lacks a chunk is never committed, and its commit ends all writes', async () => {
    await withStorage('lacking', async (storage) => {
      const [lacking, aborted] = [await storage.createSnapshot(metaOf(2)), await storage.createSnapshot(metaOf(2))];
      const { put } = IDBObjectStore.prototype;
      IDBObjectStore.prototype.put = () => {
        throw new DOMException('full', 'QuotaExceededError');
      };
      for (const writer of [lacking, aborted]) await assertRejects(writer.write(new Uint8Array(2_000_000)), 'noSpace', 'a chunk');
      IDBObjectStore.prototype.put = put;
      await aborted.abort();
      await storage.write({ entries: entriesOf(1, 3) });
      await assertRejects(lacking.write(new Uint8Array(1)), 'noSpace', 'the next chunk');
      await assertRejects(lacking.commit(), 'noSpace', 'its commit');
      await assertRejects(storage.write({ entries: entriesOf(4, 4) }), 'noSpace', 'a write');
    });
  });

  test('that is aborted in the midst of a chunk leaves nothing', async () => {
    await withStorage('aborted', async (storage) => {
      const writer = await storage.createSnapshot(metaOf(2));
      const writing = writer.write(new Uint8Array(4_000_000));
      await writer.abort();
      await writing;
    });
    assertEqual(await inStore('aborted', 'snapshotBlocks', (store) => store.count()), 0, 'no block');
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
      await install(storage, metaOf(2), 10);
      const reader = await storage.openSnapshot();
      await navigator.locks.request('@raft/storage-indexeddb:stolen', { steal: true }, async () => {
        await assertRejects(storage.write({ entries: entriesOf(6, 6) }), 'locked', 'a write');
        await assertRejects(storage.write({ entries: entriesOf(6, 6) }), 'locked', 'another');
        await assertRejects(storage.createSnapshot(metaOf(5)), 'locked', 'a snapshot');
        await assertRejects(storage.openSnapshot(), 'locked', 'a reader');
        await assertRejects(reader?.read(0, 1) ?? Promise.resolve(), 'storageFailed', 'a reader that was open: the connection is closed');
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
