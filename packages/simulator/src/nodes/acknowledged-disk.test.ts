import type { StorageState, WriteBatch } from '@raft/core';
import { type Entry, encodeEntry, type SnapshotMeta } from '@raft/wire';
import { describe, expect, test } from 'vitest';
import { AcknowledgedDisk } from './acknowledged-disk.ts';

const storageId = '1'.repeat(32);

const entryOf = (index: number, term: number): Entry => encodeEntry({ index, term, kind: 'command', data: new Uint8Array([index]) });

const metaOf = (lastIncludedIndex: number, lastIncludedTerm: number): SnapshotMeta => ({
  lastIncludedIndex,
  lastIncludedTerm,
  configuration: { voters: [{ id: 'n0', storageId }] },
  configurationIndex: 1,
});

/** As a storage would say it on opening. */
function stateOf(entries: readonly Entry[], more: Partial<StorageState> = {}): StorageState {
  const firstIndex = entries[0]?.index ?? (more.snapshot?.lastIncludedIndex ?? 0) + 1;
  const termRuns = entries.filter(({ term }, at) => entries[at - 1]?.term !== term).map(({ index, term }) => ({ index, term }));
  const log = { firstIndex, lastIndex: firstIndex + entries.length - 1, termRuns, configurations: [] };
  return { storageId, hardState: { currentTerm: 1, votedFor: null }, commitIndex: 0, log, ...more };
}

/** Term 1 and the entries 1 to 3 are acknowledged; a vote, an entry 4 and a cut from 2 are not. */
function makeDisk(): AcknowledgedDisk {
  const disk = new AcknowledgedDisk(storageId);
  const first: WriteBatch = { hardState: { currentTerm: 1, votedFor: null }, entries: [1, 2, 3].map((index) => entryOf(index, 1)) };
  disk.hand(first);
  disk.acknowledge(first);
  disk.hand({ hardState: { currentTerm: 2, votedFor: 'n1' }, entries: [entryOf(4, 2)] });
  disk.hand({ truncateFrom: 2, entries: [entryOf(2, 2)] });
  return disk;
}

const voted = { hardState: { currentTerm: 2, votedFor: 'n1' } };

describe('what a storage holds when it is opened again', () => {
  test.each([
    ['what was acknowledged', stateOf([1, 2, 3].map((index) => entryOf(index, 1)))],
    ['that and the oldest write', stateOf([...[1, 2, 3].map((index) => entryOf(index, 1)), entryOf(4, 2)], voted)],
    ['that and all writes', stateOf([entryOf(1, 1), entryOf(2, 2)], voted)],
  ])('may be %s', (_, state) => {
    const disk = makeDisk();
    const all = [entryOf(1, 1), ...(state.log.lastIndex === 2 ? [entryOf(2, 2)] : [2, 3].map((index) => entryOf(index, 1))), entryOf(4, 2)];
    disk.reopened(state, all.slice(0, state.log.lastIndex), false);
    expect([disk.lastIndex, disk.unacknowledged, disk.hardState.currentTerm]).toEqual([
      state.log.lastIndex,
      0,
      state.hardState.currentTerm,
    ]);
  });

  test.each([
    ['less than was acknowledged', stateOf([1, 2].map((index) => entryOf(index, 1))), [1, 2].map((index) => entryOf(index, 1))],
    [
      'a write in part',
      stateOf(
        [1, 2, 3].map((index) => entryOf(index, 1)),
        voted,
      ),
      [1, 2, 3].map((index) => entryOf(index, 1)),
    ],
    ['a later write without the one before it', stateOf([entryOf(1, 1), entryOf(2, 2)]), [entryOf(1, 1), entryOf(2, 2)]],
    ['other entries than its outline says', stateOf([1, 2, 3].map((index) => entryOf(index, 1))), [1, 2].map((index) => entryOf(index, 1))],
    ['a vote that was taken back', { ...stateOf([]), hardState: { currentTerm: 0, votedFor: null } }, []],
  ])('is never %s', (_, state, entries) => {
    expect(() => makeDisk().reopened(state, entries, false)).toThrow('I18');
  });

  test('is not another storage', () => {
    expect(() => makeDisk().reopened({ ...stateOf([]), storageId: '2'.repeat(32) }, [], false)).toThrow('I18');
  });

  test('may lack what its snapshot covers only where bits have flipped', () => {
    for (const damaged of [false, true]) {
      const batch: WriteBatch = { snapshot: metaOf(2, 1), entries: [] };
      const disk = new AcknowledgedDisk(storageId);
      const first: WriteBatch = { hardState: { currentTerm: 1, votedFor: null }, entries: [1, 2, 3].map((index) => entryOf(index, 1)) };
      for (const each of [first, batch]) {
        disk.hand(each);
        disk.acknowledge(each);
      }
      const open = () => disk.reopened(stateOf([entryOf(3, 1)], { snapshot: metaOf(2, 1) }), [entryOf(3, 1)], damaged);
      if (damaged) open();
      else expect(open).toThrow('I18');
      expect(disk.covers(2, 1)).toBe(true);
    }
  });
});

test('a snapshot of another history drops the whole log', () => {
  const disk = new AcknowledgedDisk(storageId);
  const batches: WriteBatch[] = [
    { entries: [1, 2, 3].map((index) => entryOf(index, 1)) },
    { snapshot: metaOf(2, 2), entries: [entryOf(3, 2)] },
  ];
  for (const batch of batches) {
    disk.hand(batch);
    disk.acknowledge(batch);
  }
  expect([disk.firstIndex, disk.lastIndex, disk.lastTerm, disk.termAt(2)]).toEqual([3, 3, 2, 2]);
});

test('a write that resolves before an earlier one breaks the contract', () => {
  const disk = new AcknowledgedDisk(storageId);
  const later: WriteBatch = { entries: [entryOf(2, 1)] };
  disk.hand({ entries: [entryOf(1, 1)] });
  disk.hand(later);
  expect(() => disk.acknowledge(later)).toThrow('storage');
});
