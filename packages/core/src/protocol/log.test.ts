import { type Entry, encodeEntry } from '@raft/wire';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Log } from './log.ts';

function entry(index: number, term: number): Entry {
  return encodeEntry({ index, term, kind: 'command', data: new Uint8Array(0) });
}

const bytesOfOne = entry(1, 1).bytes.length;

function emptyLog(maxCachedBytes = 1_000_000): Log {
  return new Log({ firstIndex: 1, lastIndex: 0, termRuns: [], configurations: [] }, { maxCachedBytes });
}

/** The same, kept in the plainest way: the term of each index, and how much of it is gone. */
interface Model {
  terms: number[];
  boundary: number;
}

const step = fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('append' as const), rise: fc.nat(1) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('truncate' as const), back: fc.nat(5) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('compact' as const), part: fc.nat(4) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('evict' as const), back: fc.nat(5) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('take' as const) }) },
);

function run(log: Log, model: Model, action: typeof step extends fc.Arbitrary<infer Step> ? Step : never): void {
  const last = model.terms.length - 1;
  if (action.kind === 'append') {
    const term = Math.max(1, model.terms[last] ?? 0) + action.rise;
    log.append(entry(last + 1, term));
    model.terms.push(term);
  } else if (action.kind === 'truncate') {
    const from = Math.max(model.boundary + 1, last + 1 - action.back);
    log.truncate(from);
    model.terms.length = Math.min(model.terms.length, from);
  } else if (action.kind === 'compact') {
    const index = Math.min(log.handedIndex, model.boundary + action.part);
    if (index <= model.boundary) return;
    log.compact(index);
    model.boundary = index;
  } else if (action.kind === 'evict') {
    log.evict(Math.max(0, log.handedIndex - action.back));
  } else {
    const before = log.handedIndex;
    const taken = log.takeUnhanded();
    expect(taken.map(({ index }) => index)).toEqual(Array.from({ length: last - before }, (_, at) => before + 1 + at));
  }
}

function expectSame(log: Log, { terms, boundary }: Model): void {
  const last = terms.length - 1;
  expect(log.lastIndex).toBe(last);
  expect(log.lastTerm).toBe(terms[last] ?? 0);
  expect(log.boundary).toEqual({ index: boundary, term: terms[boundary] });
  for (let index = 0; index <= last + 1; index++) {
    expect(log.termAt(index)).toBe(index < boundary ? undefined : terms[index]);
  }
  for (const term of new Set(terms)) {
    let index = last;
    while (index > boundary && (terms[index] ?? 0) > term) index--;
    expect(log.lastAtMost(last, term)).toEqual({ index, term: terms[index] });
  }
}

describe('the log', () => {
  test('is what a plain list of terms is, through appends, cuts, compactions and evictions', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.integer({ min: 1, max: 6 * bytesOfOne }), (steps, maxCachedBytes) => {
        const log = emptyLog(maxCachedBytes);
        const model: Model = { terms: [0], boundary: 0 };
        for (const action of steps) {
          run(log, model, action);
          expectSame(log, model);
        }
      }),
    );
  });

  test('starts from an outline as it was left', () => {
    const log = new Log(
      {
        firstIndex: 4,
        lastIndex: 9,
        termRuns: [
          { index: 4, term: 2 },
          { index: 7, term: 5 },
        ],
        configurations: [],
      },
      { snapshot: { index: 3, term: 1 }, maxCachedBytes: 100 },
    );
    expect([2, 3, 4, 6, 7, 9, 10].map((index) => log.termAt(index))).toEqual([undefined, 1, 2, 2, 5, 5, undefined]);
    expect(log.isCached(9)).toBe(false);
    expect(log.handedIndex).toBe(9);
  });

  test('that begins inside the snapshot, where the term before it is unknown, gives up its first entry', () => {
    const log = new Log(
      {
        firstIndex: 4,
        lastIndex: 9,
        termRuns: [
          { index: 4, term: 2 },
          { index: 7, term: 5 },
        ],
        configurations: [],
      },
      { snapshot: { index: 8, term: 5 }, maxCachedBytes: 100 },
    );
    expect(log.boundary).toEqual({ index: 4, term: 2 });
    expect(log.termAt(3)).toBeUndefined();
    expect(log.termAt(5)).toBe(2);
  });

  test('keeps bodies that are not durable, however small the cache', () => {
    const log = emptyLog(1);
    for (let index = 1; index <= 5; index++) log.append(entry(index, 1));
    log.takeUnhanded();
    log.evict(3);
    expect([1, 2, 3, 4, 5].map((index) => log.isCached(index))).toEqual([false, false, false, true, true]);
    expect(log.cachedTail(2, 5).map(({ index }) => index)).toEqual([4, 5]);
  });

  test('hands out slices of bounded size, at least one entry', () => {
    const log = emptyLog();
    for (let index = 1; index <= 5; index++) log.append(entry(index, 1));
    const indices = (maxBytes: number) => log.slice({ from: 2, through: 5, maxBytes }).map(({ index }) => index);
    expect(indices(1)).toEqual([2]);
    expect(indices(2 * bytesOfOne)).toEqual([2, 3]);
    expect(indices(100 * bytesOfOne)).toEqual([2, 3, 4, 5]);
  });

  test('refuses gaps and falling terms', () => {
    const log = emptyLog();
    log.append(entry(1, 2));
    expect(() => log.append(entry(3, 2))).toThrow(/entry 3/);
    expect(() => log.append(entry(2, 1))).toThrow(/term 1/);
  });

  test('goes on behind a snapshot after a reset', () => {
    const log = emptyLog();
    for (let index = 1; index <= 5; index++) log.append(entry(index, 1));
    log.reset({ index: 20, term: 3 });
    expect(log).toMatchObject({ firstIndex: 21, lastIndex: 20, lastTerm: 3, handedIndex: 20 });
    log.append(entry(21, 4));
    expect(log.takeUnhanded()).toHaveLength(1);
  });
});
