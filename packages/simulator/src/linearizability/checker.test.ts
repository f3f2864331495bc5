import { describe, expect, test } from 'vitest';
import { checkLinearizable } from './checker.ts';
import { explain } from './explain.ts';
import type { HistoryOperation } from './history.ts';
import { type KvAnswer, type KvInput, kvModel } from './kv-model.ts';

type Seen = HistoryOperation<KvInput, KvAnswer>;

/** Its answer, and when it was on its way. Without an end nobody heard of it. */
function seen(client: number, input: KvInput, [start, end]: readonly [number, number?], output: KvAnswer = {}): Seen {
  return { client, input, invokedAt: start, returned: end === undefined ? undefined : { at: end, output } };
}

const read = (client: number, value: string | null, when: readonly [number, number?], key = 'x') =>
  seen(client, { kind: 'read', key }, when, { value });
const put = (client: number, value: string, when: readonly [number, number?], answer: KvAnswer = {}, key = 'x') =>
  seen(client, { kind: 'put', key, value }, when, answer);
const append = (client: number, value: string, when: readonly [number, number?], answer: KvAnswer = {}) =>
  seen(client, { kind: 'append', key: 'x', value }, when, answer);
const remove = (client: number, when: readonly [number, number?], answer: KvAnswer = {}) =>
  seen(client, { kind: 'delete', key: 'x' }, when, answer);
const swap = (
  client: number,
  [expected, value]: readonly [string | null, string],
  when: readonly [number, number?],
  answer: KvAnswer = {},
) => seen(client, { kind: 'compareAndSwap', key: 'x', expected, value }, when, answer);

const good: readonly (readonly [name: string, history: readonly Seen[]])[] = [
  ['nothing at all', []],
  ['a read of nothing', [read(1, null, [0, 1])]],
  [
    'one after the other',
    [put(1, 'a', [0, 1], { value: null }), read(2, 'a', [2, 3]), put(1, 'b', [4, 5], { value: 'a' }), read(2, 'b', [6, 7])],
  ],
  [
    'a write seen while it is under way, and before',
    [put(1, 'a', [0, 10]), read(2, null, [1, 2]), read(2, 'a', [3, 4]), read(3, 'a', [5, 6])],
  ],
  ['calls that overlap, answered out of order', [put(1, 'a', [0, 9]), put(2, 'b', [1, 8], { value: 'a' }), read(3, 'b', [10, 11])]],
  ['operations that touch, either way round', [put(1, 'a', [0, 5]), read(2, null, [5, 6])]],
  ['a swap that failed rightly', [put(1, 'a', [0, 1]), swap(2, ['b', 'c'], [2, 3], { value: 'a', swapped: false }), read(1, 'a', [4, 5])]],
  ['a swap of nothing', [swap(1, [null, 'a'], [0, 1], { value: null, swapped: true }), read(2, 'a', [2, 3])]],
  ['a value deleted', [put(1, 'a', [0, 1]), remove(1, [2, 3], { value: 'a' }), read(2, null, [4, 5])]],
  [
    'appends in the order of their answers',
    [append(1, 'a', [0, 9], { value: 'b' }), append(2, 'b', [0, 9], { value: null }), read(1, 'ba', [10, 11])],
  ],
  ['an unknown write that took effect late', [put(1, 'a', [0]), read(2, null, [5, 6]), read(2, null, [7, 8]), read(2, 'a', [50, 51])]],
  ['an unknown write that never took effect', [put(1, 'a', [0]), read(2, null, [5, 6]), read(2, null, [50, 51])]],
  ['an unknown write that shows between two others', [put(1, 'a', [0]), put(2, 'b', [1, 2]), put(2, 'c', [9, 10], { value: 'a' })]],
  [
    'unknown swaps, of which a chain took effect',
    [swap(1, ['b', 'c'], [0]), swap(2, ['a', 'b'], [0]), put(3, 'a', [1, 2]), read(3, 'c', [3, 4])],
  ],
  [
    'keys apart, though no order of time fits both at once',
    [put(1, 'a', [0, 1]), put(2, 'b', [0, 1], {}, 'y'), read(1, 'b', [2, 3], 'y'), read(2, 'a', [2, 3])],
  ],
];

const bad: readonly (readonly [name: string, history: readonly Seen[], misfit: string])[] = [
  ['a stale read', [put(1, 'a', [0, 1]), put(1, 'b', [2, 3]), read(2, 'a', [4, 5])], 'read x -> "a"'],
  ['a read that goes back', [put(1, 'a', [0, 99]), read(2, 'a', [1, 2]), read(3, null, [3, 4])], 'read x -> null'],
  [
    'a lost update',
    [swap(1, [null, 'a'], [0, 9], { swapped: true }), swap(2, [null, 'b'], [0, 9], { swapped: true })],
    'compareAndSwap x null to "b" -> swapped',
  ],
  ['a lost append', [append(1, 'a', [0, 1]), append(2, 'b', [2, 3]), read(1, 'b', [4, 5])], 'read x -> "b"'],
  ['a read from the future', [read(1, 'a', [0, 1]), put(2, 'a', [2, 3])], 'read x -> "a"'],
  ['a value from nowhere', [put(1, 'a', [0, 9]), read(2, 'z', [1, 2])], 'read x -> "z"'],
  ['an append applied twice', [append(1, 'a', [0, 1]), read(2, 'aa', [2, 3])], 'read x -> "aa"'],
  [
    'a retry applied again behind another write',
    [put(1, 'a', [0, 1]), put(2, 'b', [2, 3]), read(3, 'b', [4, 5]), read(3, 'a', [6, 7])],
    'read x -> "a"',
  ],
  [
    'a swap that lied about success',
    [put(1, 'a', [0, 1]), swap(2, ['b', 'c'], [2, 3], { swapped: true })],
    'compareAndSwap x "b" to "c" -> swapped',
  ],
  [
    'a swap that lied about failure',
    [put(1, 'a', [0, 1]), swap(2, ['a', 'c'], [2, 3], { swapped: false })],
    'compareAndSwap x "a" to "c" -> not swapped',
  ],
  ['acknowledged, then vanished', [put(1, 'a', [0, 1]), read(2, 'a', [2, 3]), read(2, null, [4, 5])], 'read x -> null'],
  [
    'two reads that saw two orders',
    [put(1, 'a', [0, 9]), put(2, 'b', [0, 9]), read(3, 'a', [10, 11]), read(4, 'b', [12, 13])],
    'read x -> "b"',
  ],
  [
    'a write that states a value before it which was not there',
    [put(1, 'a', [0, 1]), put(2, 'b', [2, 3], { value: null })],
    'put x "b" -> null',
  ],
  ['a delete that found what was deleted', [put(1, 'a', [0, 1]), remove(1, [2, 3]), remove(2, [4, 5], { value: 'a' })], 'delete x -> "a"'],
  ['an unknown write that took effect twice', [append(1, 'a', [0]), read(2, 'a', [1, 2]), read(2, 'aa', [3, 4])], 'read x -> "aa"'],
  ['an unknown write that came and went', [put(1, 'a', [0]), read(2, 'a', [1, 2]), read(2, null, [3, 4])], 'read x -> null'],
  ['an unknown write seen before it was asked for', [read(2, 'a', [0, 1]), put(1, 'a', [2])], 'read x -> "a"'],
  ['one key broken among good ones', [put(1, 'a', [0, 1], {}, 'y'), read(1, 'a', [2, 3], 'y'), read(2, 'b', [0, 9])], 'read x -> "b"'],
];

describe('checkLinearizable', () => {
  test.each(good)('accepts %s', (_name, history) => {
    expect(checkLinearizable(kvModel, history)).toMatchObject({ outcome: 'ok' });
    expect(checkLinearizable(kvModel, history.toReversed()).outcome).toBe('ok');
  });

  test.each(bad)('rejects %s', (_name, history, misfit) => {
    const verdict = checkLinearizable(kvModel, history);
    expect(verdict.outcome).toBe('broken');
    if (verdict.outcome === 'broken') expect(explain(kvModel, verdict.counterexample).at(-1)).toContain(misfit);
    expect(checkLinearizable(kvModel, history.toReversed()).outcome).toBe('broken');
  });

  test('refuses an operation that returned before it was called', () => {
    expect(() => checkLinearizable(kvModel, [read(1, null, [5, 4])])).toThrow('operation 0 returned at 4, before its call at 5');
  });

  test('calls a history unknown, never good, when it takes more steps than allowed', () => {
    const history = Array.from({ length: 6 }, (_, at) => append(at, `${at}`, [0, 9]));
    const order = [...history, read(9, '543210', [10, 11])];
    const { outcome, steps } = checkLinearizable(kvModel, order);
    expect(outcome).toBe('ok');
    expect(checkLinearizable(kvModel, order, { maxSteps: steps }).outcome).toBe('ok');
    expect(checkLinearizable(kvModel, order, { maxSteps: steps - 1 })).toEqual({ outcome: 'unknown', steps: steps - 1 });
  });

  test('finds a broken key behind one that takes too many steps', () => {
    const wide = Array.from({ length: 6 }, (_, at) => append(at, `${at}`, [0, 9]));
    const history = [...wide, read(9, '543210', [10, 11]), read(7, 'b', [0, 1], 'y')];
    expect(checkLinearizable(kvModel, history, { maxSteps: 10 })).toMatchObject({ outcome: 'broken', counterexample: { part: 'y' } });
  });

  test('remembers where it was: clients that do the same do not multiply the search', () => {
    const same = Array.from({ length: 12 }, (_, at) => put(at, 'a', [0, 9]));
    const small = checkLinearizable(kvModel, [...same, read(30, 'never', [10, 11])]);
    expect(small.outcome).toBe('broken');
    expect(small.steps).toBeLessThan(12 * 2 ** 12);
  });

  test('explains: what can be ordered, the states it may leave, and what fits nowhere', () => {
    const history = [
      put(1, 'a', [0, 9]),
      put(2, 'b', [0, 9]),
      remove(1, [10, 11]),
      put(1, 'c', [12, 20]),
      put(2, 'd', [12, 20]),
      read(3, 'a', [21, 22]),
    ];
    const verdict = checkLinearizable(kvModel, history);
    expect(verdict.outcome).toBe('broken');
    if (verdict.outcome !== 'broken') return;
    expect(explain(kvModel, verdict.counterexample)).toEqual([
      'part x: 5 operations can be ordered:',
      '  0..9             client 1   put x "a"',
      '  0..9             client 2   put x "b"',
      '  10..11           client 1   delete x',
      '  12..20           client 1   put x "c"',
      '  12..20           client 2   put x "d"',
      'then the state is "d" or "c", and this one fits nowhere:',
      '  21..22           client 3   read x -> "a"',
    ]);
  });

  test('explains a long history by the end of it', () => {
    const history = [...Array.from({ length: 40 }, (_, at) => put(1, `${at}`, [2 * at, 2 * at + 1])), read(1, '7', [100, 101])];
    const verdict = checkLinearizable(kvModel, history);
    if (verdict.outcome !== 'broken') throw new Error('it is broken');
    const lines = explain(kvModel, verdict.counterexample);
    expect(lines[0]).toBe('part x: 40 operations can be ordered, of which these are the last 12:');
    expect(lines).toHaveLength(15);
  });
});
