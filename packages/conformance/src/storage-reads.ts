import { assertEqual, assertTrue } from './assert.ts';
import { checkEntries, entriesOf, entryOf, placeTests, readAll, type StorageSuiteOptions } from './storage-place.ts';

export function readTests(options: StorageSuiteOptions): void {
  const test = placeTests(options);
  const indices = (entries: readonly { readonly index: number }[]) => entries.map(({ index }) => index);

  test('a range is inclusive at both ends', async (place) => {
    const { storage } = await place.open();
    await storage.write({ entries: entriesOf(1, 9, 1) });
    const read = async (from: number, to: number) => indices(await storage.readEntries({ from, to, maxBytes: 1e6 }));
    assertEqual(await read(1, 9), [1, 2, 3, 4, 5, 6, 7, 8, 9], 'all');
    assertEqual(await read(3, 5), [3, 4, 5], 'the middle');
    assertEqual(await read(4, 4), [4], 'one');
    assertEqual(await read(8, 100), [8, 9], 'over the end');
    assertEqual(await read(10, 12), [], 'past the end');
    assertEqual(await read(5, 4), [], 'nothing asked for');
  });

  test('a read ends before maxBytes is passed, but gives at least one entry', async (place) => {
    const { storage } = await place.open();
    const entries = [entryOf(1, 1, { bytes: 5000 }), entryOf(2, 1, { bytes: 100 }), entryOf(3, 1, { bytes: 100 }), entryOf(4, 1)];
    for (const entry of entries) await storage.write({ entries: [entry] });
    const size = (...wanted: number[]) => wanted.reduce((sum, index) => sum + (entries[index - 1]?.bytes.length ?? 0), 0);
    const read = async (from: number, maxBytes: number) => indices(await storage.readEntries({ from, to: 9, maxBytes }));
    assertEqual(await read(1, 1), [1], 'at least one');
    assertEqual(await read(1, 0), [1], 'at least one, whatever maxBytes');
    assertEqual(await read(2, size(2, 3)), [2, 3], 'exactly two');
    assertEqual(await read(2, size(2, 3) - 1), [2], 'one byte short of two');
    assertEqual(await read(1, size(1, 2, 3, 4)), [1, 2, 3, 4], 'as many as fit');
  });

  test('as many entries as fit are read, wherever a read begins', async (place) => {
    const { storage } = await place.open();
    const entries = entriesOf(1, 4000, 1);
    for (let at = 0; at < entries.length; at += 500) await storage.write({ entries: entries.slice(at, at + 500) });
    const each = entries[0]?.bytes.length ?? 0;
    for (const from of [1, 2, 499, 500, 501, 1777, 3001]) {
      const found = await storage.readEntries({ from, to: 4000, maxBytes: each * 900 });
      assertEqual(indices(found), indices(entries.slice(from - 1, from + 899)), `900 entries from ${from}`);
    }
    const { storage: again } = await place.reopen(storage);
    assertEqual(indices(await readAll(again, 1, each * 333)), indices(entries), 'all, piece by piece, after a restart');
  });

  test('a read shows each write that has resolved', async (place) => {
    const { storage } = await place.open();
    for (let index = 1; index <= 20; index += 1) {
      await storage.write({ entries: [entryOf(index, 1)] });
      assertEqual(indices(await storage.readEntries({ from: index, to: index, maxBytes: 1 })), [index], 'at once');
    }
  });

  test('a read never shows part of a later write', async (place) => {
    const { storage } = await place.open();
    await storage.write({ entries: entriesOf(1, 10, 1) });
    const later = storage.write({ truncateFrom: 4, entries: entriesOf(4, 5, 2) });
    const read = await readThrough(() => storage.readEntries({ from: 1, to: 10, maxBytes: 1e6 }));
    await later;
    const after = await readThrough(() => storage.readEntries({ from: 1, to: 10, maxBytes: 1e6 }));
    assertEqual(after, '1:1 2:1 3:1 4:2 5:2', 'once it has resolved, all of it');
    assertTrue(read === after || read === '1:1 2:1 3:1 4:1 5:1 6:1 7:1 8:1 9:1 10:1', `all of it or nothing, not ${read}`);
  });

  test('reads beside writes give whole entries in order', async (place) => {
    const { storage } = await place.open();
    for (let index = 1; index <= 60; index += 3) {
      const writing = storage.write({ entries: entriesOf(index, index + 2, 1) });
      const found = await readAll(storage, 1);
      assertTrue(found.length >= index - 1, `${index - 1} entries had resolved, ${found.length} were read`);
      assertEqual(found, entriesOf(1, found.length, 1), 'what was read is what was written');
      await writing;
    }
    await checkEntries(storage, entriesOf(1, 60, 1), 'at the end');
  });
}

async function readThrough(read: () => Promise<readonly { readonly index: number; readonly term: number }[]>): Promise<string> {
  return (await read()).map(({ index, term }) => `${index}:${term}`).join(' ');
}
