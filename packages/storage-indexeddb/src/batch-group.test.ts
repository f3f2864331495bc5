import type { WriteBatch } from '@raft/core';
import { LogPlan, TermOutline } from '@raft/core/storages';
import { type Entry, encodeEntry, type SnapshotMeta } from '@raft/wire';
import { describe, expect, test } from 'vitest';
import { joinBatches } from './batch-group.ts';
import { initialState } from './meta-records.ts';
import { planBatch } from './planned-batch.ts';
import type { SnapshotRef } from './snapshot-codec.ts';

function entriesOf(from: number, to: number, term = 1): Entry[] {
  return Array.from({ length: to - from + 1 }, (_, at) => encodeEntry({ index: from + at, term, kind: 'noop', data: new Uint8Array(0) }));
}

const configuration = { voters: [{ id: 'n1', storageId: '0123456789abcdef0123456789abcdef' }] };
function refOf(lastIncludedIndex: number, lastIncludedTerm: number): SnapshotRef {
  const meta: SnapshotMeta = { lastIncludedIndex, lastIncludedTerm, configuration, configurationIndex: 1 };
  return { number: lastIncludedIndex * 10, meta, size: 1 };
}

/** A plan over a log of entries 1–5 of term 1. */
function planOfFive(): LogPlan {
  const terms = new TermOutline();
  for (let index = 1; index <= 5; index += 1) terms.append(1);
  return new LogPlan(terms, undefined);
}

/** What a group over that log comes to. */
function effectOf(...batches: readonly (Omit<WriteBatch, 'snapshot'> & { readonly ref?: SnapshotRef })[]) {
  const plan = planOfFive();
  const planned = batches.map(({ ref, ...batch }) => planBatch(plan, ref ? { ...batch, snapshot: ref.meta } : batch, ref));
  const { entries, keepThrough, state, matters } = joinBatches({ ...initialState, lastIndex: 5 }, planned);
  return { entries: entries.map(({ index, term }) => `${index}:${term}`).join(' '), keepThrough, state, matters };
}

const all = Number.POSITIVE_INFINITY;

describe('batches that share a transaction', () => {
  test('append as one', () => {
    expect(effectOf({ entries: entriesOf(6, 7) }, { entries: entriesOf(8, 8, 2) })).toMatchObject({
      entries: '6:1 7:1 8:2',
      keepThrough: all,
      state: { lastIndex: 8 },
      matters: true,
    });
  });

  test('write nothing that one of them takes back', () => {
    const cut = effectOf({ entries: entriesOf(6, 9) }, { truncateFrom: 8, entries: entriesOf(8, 8, 2) }, { truncateFrom: 20, entries: [] });
    expect(cut).toMatchObject({ entries: '6:1 7:1 8:2', keepThrough: 7, state: { lastIndex: 8 } });
    expect(effectOf({ entries: entriesOf(6, 9) }, { truncateFrom: 3, entries: [] }, { entries: entriesOf(3, 4, 3) })).toMatchObject({
      entries: '3:3 4:3',
      keepThrough: 2,
      state: { lastIndex: 4 },
    });
  });

  test('drop the log for a snapshot that it does not hold, and go on behind it', () => {
    const dropped = effectOf(
      { entries: entriesOf(6, 7) },
      { ref: refOf(9, 3), entries: entriesOf(10, 12, 3) },
      { truncateFrom: 12, entries: [] },
    );
    expect(dropped).toMatchObject({ entries: '10:3 11:3', keepThrough: 0, state: { lastIndex: 11, snapshot: 90 } });
    expect(effectOf({ ref: refOf(9, 3), entries: [] })).toMatchObject({ entries: '', keepThrough: 0, state: { lastIndex: 9 } });
  });

  test('keep the log for one that it does hold', () => {
    expect(effectOf({ ref: refOf(4, 1), entries: [] })).toMatchObject({
      keepThrough: all,
      state: { lastIndex: 5, snapshot: 40 },
      matters: true,
    });
  });

  test('need no transaction for a commit index alone', () => {
    expect(effectOf({ commitIndex: 3, entries: [] }, { entries: [] }, { truncateFrom: 6, entries: [] })).toMatchObject({
      matters: false,
      state: { commitIndex: 3 },
    });
    expect(effectOf({ hardState: { currentTerm: 3, votedFor: null }, entries: [] }).matters).toBe(true);
    expect(effectOf({ truncateFrom: 5, entries: [] }).matters).toBe(true);
    expect(effectOf({ clusterId: '0123456789abcdef0123456789abcdef', entries: [] }).matters).toBe(true);
  });
});

describe('a batch that is wrong', () => {
  test.each<[string, WriteBatch]>([
    ['a hard state that could not be read again', { hardState: { currentTerm: -1, votedFor: null }, entries: [] }],
    ['a vote for no id', { hardState: { currentTerm: 1, votedFor: 'a b' }, entries: [] }],
    ['a cluster id that is none', { clusterId: 'n1', entries: [] }],
    ['a commit index that is none', { commitIndex: 0.5, entries: [] }],
    ['truncateFrom 0', { truncateFrom: 0, entries: [] }],
    ['truncateFrom NaN', { truncateFrom: Number.NaN, entries: [] }],
    ['a gap', { entries: entriesOf(7, 7) }],
  ])('%s is refused, and changes nothing', (_what, batch) => {
    const plan = planOfFive();
    expect(() => planBatch(plan, batch, undefined)).toThrow(expect.objectContaining({ code: 'invalidArgument' }));
    expect(planBatch(plan, { entries: entriesOf(6, 6) }, undefined).lastIndex).toBe(6);
  });
});
