import type { WriteBatch } from '@raft/core';
import { assertEqual, assertRejects } from './assert.ts';
import { checkEntries, configuration, entriesOf, entryOf, type PlaceTest, placeTests, type StorageSuiteOptions } from './storage-place.ts';

export function logTests(options: StorageSuiteOptions): void {
  const test = placeTests(options);
  appendTests(test);
  refusalTests(test);
  truncationTests(test);
}

function appendTests(test: PlaceTest): void {
  test('entries survive a restart byte for byte', async (place) => {
    const { storage } = await place.open();
    const entries = [entryOf(1, 1, { kind: 'configuration' }), entryOf(2, 1, { kind: 'noop', bytes: 0 }), ...entriesOf(3, 9, 3)];
    await storage.write({ entries });
    await checkEntries(storage, entries, 'before the restart');
    const { storage: again } = await place.reopen(storage);
    await checkEntries(again, entries, 'after it');
  });

  test('open tells the terms as runs, and every configuration', async (place) => {
    const { storage } = await place.open();
    await storage.write({ entries: [...entriesOf(1, 3, 2), entryOf(4, 2, { kind: 'configuration' })] });
    await storage.write({ entries: [...entriesOf(5, 5, 2), entryOf(6, 5, { kind: 'configuration' }), ...entriesOf(7, 8, 5)] });
    const { state } = await place.reopen(storage);
    assertEqual(
      state.log,
      {
        firstIndex: 1,
        lastIndex: 8,
        termRuns: [
          { index: 1, term: 2 },
          { index: 6, term: 5 },
        ],
        configurations: [
          { index: 4, term: 2, configuration },
          { index: 6, term: 5, configuration },
        ],
      },
      'the outline of the log',
    );
  });

  test('writes that overlap resolve in the order of the calls', async (place) => {
    const { storage } = await place.open();
    const order: number[] = [];
    const writes = Array.from({ length: 50 }, (_, at) => storage.write({ entries: [entryOf(at + 1, 1)] }).then(() => order.push(at)));
    await Promise.all(writes);
    assertEqual(
      order,
      Array.from({ length: 50 }, (_, at) => at),
      'one after the other',
    );
    const { storage: again } = await place.reopen(storage);
    await checkEntries(again, entriesOf(1, 50, 1), 'all of them');
  });

  test('writes that begin while others are under way find their place', async (place) => {
    const { storage } = await place.open();
    const writes: Promise<void>[] = [];
    for (let round = 0; round < 20; round += 1) {
      const from = round * 5 + 1;
      writes.push(storage.write({ entries: entriesOf(from, from + 2, 1) }), storage.write({ entries: entriesOf(from + 3, from + 4, 1) }));
      if (round % 3 === 0) await writes[round];
    }
    await Promise.all(writes);
    const { storage: again } = await place.reopen(storage);
    await checkEntries(again, entriesOf(1, 100, 1), 'all of them');
  });

  test('large and many entries survive', async (place) => {
    const { storage } = await place.open();
    const large = [entryOf(1, 1, { bytes: 1024 * 1024 }), entryOf(2, 1, { bytes: 300_000 })];
    const many = entriesOf(3, 3000, 1);
    await Promise.all([storage.write({ entries: large }), storage.write({ entries: many })]);
    await checkEntries(storage, [...large, ...many], 'before the restart');
    const { storage: again } = await place.reopen(storage);
    await checkEntries(again, [...large, ...many], 'after it');
  });

  test('a batch of nothing resolves', async (place) => {
    const { storage } = await place.open();
    await storage.write({ entries: [] });
    const { state } = await place.reopen(storage);
    assertEqual(state.log.lastIndex, 0, 'nothing was written');
  });

  test('many restarts add up', async (place) => {
    let { storage } = await place.open();
    for (let index = 1; index <= 12; index += 1) {
      await storage.write({ entries: [entryOf(index, index)] });
      ({ storage } = await place.reopen(storage));
    }
    await checkEntries(
      storage,
      Array.from({ length: 12 }, (_, at) => entryOf(at + 1, at + 1)),
      'one entry of each life',
    );
  });
}

function refusalTests(test: PlaceTest): void {
  const refused: readonly (readonly [string, WriteBatch])[] = [
    ['a gap', { entries: [entryOf(5, 2)] }],
    ['a gap within', { entries: [entryOf(4, 2), entryOf(6, 2)] }],
    ['an overlap', { entries: entriesOf(3, 4, 2) }],
    ['a falling term', { entries: [entryOf(4, 1)] }],
    ['a term that falls within', { entries: [entryOf(4, 3), entryOf(5, 2)] }],
    ['a gap behind a truncation', { truncateFrom: 2, entries: [entryOf(3, 2)] }],
    [
      'a snapshot that was never made',
      { snapshot: { lastIncludedIndex: 2, lastIncludedTerm: 2, configuration, configurationIndex: 0 }, entries: [] },
    ],
  ];
  for (const [what, batch] of refused) {
    test(`${what} is refused, and nothing of it happens`, async (place) => {
      const { storage } = await place.open();
      await storage.write({ entries: entriesOf(1, 3, 2), hardState: { currentTerm: 2, votedFor: null } });
      const bad = { ...batch, hardState: { currentTerm: 9, votedFor: 'n1' } };
      const before = storage.write({ entries: [] });
      const refusal = assertRejects(storage.write(bad), 'invalidArgument', what);
      const after = storage.write({ entries: [entryOf(4, 2)] });
      await Promise.all([before, refusal, after]);
      const { storage: again, state } = await place.reopen(storage);
      assertEqual(state.hardState, { currentTerm: 2, votedFor: null }, 'the hard state is as before');
      await checkEntries(again, entriesOf(1, 4, 2), 'the log goes on');
    });
  }
}

function truncationTests(test: PlaceTest): void {
  test('truncateFrom removes that entry and all behind it', async (place) => {
    const { storage } = await place.open();
    await storage.write({ entries: [...entriesOf(1, 4, 1), entryOf(5, 2, { kind: 'configuration' }), entryOf(6, 3)] });
    await storage.write({ truncateFrom: 4, entries: [] });
    await checkEntries(storage, entriesOf(1, 3, 1), 'before the restart');
    const { storage: again, state } = await place.reopen(storage);
    await checkEntries(again, entriesOf(1, 3, 1), 'after it');
    assertEqual(
      state.log,
      { firstIndex: 1, lastIndex: 3, termRuns: [{ index: 1, term: 1 }], configurations: [] },
      'the outline is cut, too',
    );
  });

  test('entries follow the truncation of their batch', async (place) => {
    const { storage } = await place.open();
    await storage.write({ entries: entriesOf(1, 6, 1) });
    await storage.write({ truncateFrom: 3, entries: entriesOf(3, 4, 2), hardState: { currentTerm: 2, votedFor: null } });
    await storage.write({ entries: entriesOf(5, 9, 2) });
    const expected = [...entriesOf(1, 2, 1), ...entriesOf(3, 9, 2)];
    await checkEntries(storage, expected, 'before the restart');
    const { storage: again } = await place.reopen(storage);
    await checkEntries(again, expected, 'after it');
  });

  test('the whole log can be truncated', async (place) => {
    const { storage } = await place.open();
    await storage.write({ entries: entriesOf(1, 3, 1) });
    await storage.write({ truncateFrom: 1, entries: entriesOf(1, 1, 2) });
    const { storage: again } = await place.reopen(storage);
    await checkEntries(again, entriesOf(1, 1, 2), 'only the new one');
  });

  test('a truncation behind the end changes nothing', async (place) => {
    const { storage } = await place.open();
    await storage.write({ entries: entriesOf(1, 3, 1) });
    await storage.write({ truncateFrom: 4, entries: entriesOf(4, 4, 1) });
    await storage.write({ truncateFrom: 100, entries: [] });
    const { storage: again } = await place.reopen(storage);
    await checkEntries(again, entriesOf(1, 4, 1), 'all are there');
  });

  test('truncations of writes that overlap take effect in their order', async (place) => {
    const { storage } = await place.open();
    await Promise.all([
      storage.write({ entries: entriesOf(1, 5, 1) }),
      storage.write({ truncateFrom: 3, entries: entriesOf(3, 8, 2) }),
      storage.write({ entries: entriesOf(9, 9, 2) }),
      storage.write({ truncateFrom: 9, entries: entriesOf(9, 10, 4) }),
      storage.write({ truncateFrom: 5, entries: [] }),
      storage.write({ entries: entriesOf(5, 6, 5) }),
    ]);
    const expected = [...entriesOf(1, 2, 1), ...entriesOf(3, 4, 2), ...entriesOf(5, 6, 5)];
    await checkEntries(storage, expected, 'before the restart');
    const { storage: again } = await place.reopen(storage);
    await checkEntries(again, expected, 'after it');
  });
}
