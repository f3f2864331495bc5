import type { SnapshotMeta } from '@raft/wire';
import { describe, expect, test } from 'vitest';
import { SnapshotShelf } from './snapshot-shelf.ts';

interface Ref {
  readonly name: string;
  readonly meta: SnapshotMeta;
}

const ref = (name: string, lastIncludedIndex: number, lastIncludedTerm = 1): Ref => ({
  name,
  meta: { lastIncludedIndex, lastIncludedTerm, configuration: { voters: [] }, configurationIndex: 1 },
});

function shelfWith(current?: Ref): { readonly shelf: SnapshotShelf<Ref>; readonly removed: string[] } {
  const removed: string[] = [];
  return { removed, shelf: new SnapshotShelf({ current, remove: ({ name }) => removed.push(name) }) };
}

describe('a shelf of snapshots', () => {
  test('finds the newest committed one of a place in the log, and no other', () => {
    const { shelf } = shelfWith(ref('current', 3));
    const [a, b] = [ref('a', 5), ref('b', 5)];
    shelf.committed(a);
    shelf.committed(b);
    expect(shelf.find(a.meta)).toBe(b);
    for (const other of [ref('', 5, 2), ref('', 4), ref('', 3)]) {
      expect(() => shelf.find(other.meta)).toThrow(expect.objectContaining({ code: 'invalidArgument' }));
    }
  });

  test('removes what a new one replaces or passes, and keeps what may come yet', () => {
    const { shelf, removed } = shelfWith(ref('first', 3));
    const [passed, next, later] = [ref('passed', 4), ref('next', 5), ref('later', 9)];
    for (const each of [passed, next, later]) shelf.committed(each);
    shelf.makeCurrent(next);
    expect(shelf.current).toBe(next);
    expect(removed).toEqual(['passed', 'first']);
    expect(shelf.find(later.meta)).toBe(later);
  });

  test('never removes the current one, though two writes name it', () => {
    const { shelf, removed } = shelfWith();
    const twice = ref('twice', 5);
    shelf.committed(twice);
    shelf.makeCurrent(twice);
    shelf.makeCurrent(twice);
    expect(removed).toEqual([]);
  });

  test('keeps a replaced one until its last reader has gone', () => {
    const { shelf, removed } = shelfWith(ref('old', 3));
    const pins = [shelf.pinCurrent(), shelf.pinCurrent()];
    const next = ref('next', 5);
    shelf.committed(next);
    shelf.makeCurrent(next);
    for (const pinned of pins) {
      expect(removed).toEqual([]);
      if (pinned) shelf.unpin(pinned);
    }
    expect(removed).toEqual(['old']);
  });

  test('keeps the current one when its readers have gone', () => {
    const { shelf, removed } = shelfWith(ref('current', 3));
    const pinned = shelf.pinCurrent();
    if (pinned) shelf.unpin(pinned);
    expect(removed).toEqual([]);
    expect(shelfWith().shelf.pinCurrent()).toBeUndefined();
  });
});
