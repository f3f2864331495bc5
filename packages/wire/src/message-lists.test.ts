import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { entries, messages } from '../test/arbitraries.ts';
import { outcomeOf } from '../test/outcome.ts';
import {
  counterSchema,
  decodeConfiguration,
  type Entry,
  encodeConfiguration,
  encodeEntry,
  entryHeaderBytes,
  entryKinds,
  proposalSchema,
  proposeResultSchema,
} from './index.ts';
import { entriesSchema, proposalsSchema, proposeResultsSchema } from './message-lists.ts';

/** What the one-pass check of entries stands for: too slow for every message, right for a test. */
const fullEntriesSchema = z
  .array(
    z
      .object({
        index: counterSchema.min(1),
        term: counterSchema.min(1),
        kind: z.enum(entryKinds),
        time: counterSchema,
        bytes: z.custom<Uint8Array>((value) => value instanceof Uint8Array && value.length >= entryHeaderBytes),
      })
      .refine(
        ({ kind, bytes }) => kind !== 'configuration' || 'value' in outcomeOf(() => decodeConfiguration(bytes.slice(entryHeaderBytes))),
      ),
  )
  .refine((list) =>
    list.every((entry, position) => {
      const previous = list[position - 1];
      return !previous || (entry.index === previous.index + 1 && entry.term >= previous.term);
    }),
  );

const oddValues: readonly unknown[] = [
  undefined,
  null,
  true,
  '',
  '1',
  'command',
  'noop',
  'configuration',
  'other',
  'appended',
  'rejected',
  'timeout',
  -1,
  -0,
  0,
  1,
  2,
  1.5,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  Number.MAX_SAFE_INTEGER,
  2 ** 53,
  1n,
  [],
  {},
  new Uint8Array(0),
  new Uint8Array(entryHeaderBytes - 1),
  new Uint8Array(entryHeaderBytes),
  new Uint16Array(100),
  Array.from({ length: 50 }, () => 0),
];

/** Good lists, lists with one field replaced or removed, with one item replaced, repeated or swapped, and things that are no list. */
function spoiled(good: fc.Arbitrary<readonly object[]>): fc.Arbitrary<unknown> {
  const odd = fc.constantFrom(...oddValues);
  const place = fc.nat();
  const withField = fc.tuple(good, place, place, odd).map(([list, item, field, value]) =>
    list.map((one, position) => {
      if (position !== item % list.length) return one;
      const keys = Object.keys(one);
      return { ...one, [keys[field % keys.length] ?? '']: value };
    }),
  );
  const withoutField = fc.tuple(good, place, place).map(([list, item, field]) =>
    list.map((one, position) => {
      const entriesOfOne = Object.entries(one);
      return position === item % list.length ? Object.fromEntries(entriesOfOne.toSpliced(field % entriesOfOne.length, 1)) : one;
    }),
  );
  const withItem = fc
    .tuple(good, place, odd)
    .map(([list, item, value]) => (list as unknown[]).toSpliced(item % (list.length + 1), 1, value));
  const repeated = fc.tuple(good, place).map(([list, item]) => [...list, ...list.slice(item % (list.length + 1))]);
  const reversed = good.map((list) => list.toReversed());
  return fc.oneof(good, withField, withoutField, withItem, repeated, reversed, odd, fc.array(odd, { maxLength: 3 }), fc.anything());
}

function expectSameVerdict(input: fc.Arbitrary<unknown>, quick: z.ZodType, full: z.ZodType): void {
  const verdicts = { accepted: 0, refused: 0 };
  fc.assert(
    fc.property(input, (value) => {
      const accepted = quick.safeParse(value).success;
      expect(accepted).toBe(full.safeParse(value).success);
      verdicts[accepted ? 'accepted' : 'refused'] += 1;
    }),
    { numRuns: 3000 },
  );
  // Otherwise the inputs show nothing.
  expect(verdicts.accepted).toBeGreaterThan(100);
  expect(verdicts.refused).toBeGreaterThan(100);
}

describe('the one-pass checks accept and refuse what the full schemas do', () => {
  test('of entries', () => {
    expectSameVerdict(spoiled(entries), entriesSchema, fullEntriesSchema);
  });

  test('of proposals', () => {
    expectSameVerdict(spoiled(messages.Propose.map(({ proposals }) => proposals)), proposalsSchema, z.array(proposalSchema));
  });

  test('of results of proposals', () => {
    expectSameVerdict(spoiled(messages.ProposeReply.map(({ results }) => results)), proposeResultsSchema, z.array(proposeResultSchema));
  });
});

test('entries that fall in term or leave a gap are refused', () => {
  const entry = (index: number, term: number): Entry => ({ index, term, kind: 'noop', time: 0, bytes: new Uint8Array(entryHeaderBytes) });
  expect(entriesSchema.safeParse([entry(4, 2), entry(5, 2), entry(6, 3)]).success).toBe(true);
  expect(entriesSchema.safeParse([entry(4, 2), entry(5, 1)]).success).toBe(false);
  expect(entriesSchema.safeParse([entry(4, 2), entry(6, 2)]).success).toBe(false);
  expect(entriesSchema.safeParse([entry(4, 2), entry(4, 2)]).success).toBe(false);
});

describe('a configuration entry', () => {
  const payload = encodeConfiguration({ voters: [{ id: 'n1', storageId: '0'.repeat(32) }] });
  const listOf = (kind: Entry['kind'], data: Uint8Array): Entry[] => [
    encodeEntry({ index: 7, term: 2, kind: 'noop', data: new Uint8Array(0) }),
    encodeEntry({ index: 8, term: 2, kind, data }),
  ];

  test.each([
    ['empty', new Uint8Array(0)],
    ['without members', Uint8Array.of(0)],
    ['cut off', payload.slice(0, -1)],
    ['with a byte too many', Uint8Array.from([...payload, 0])],
    ['naming a node twice', Uint8Array.from([2, ...payload.slice(1), ...payload.slice(1)])],
  ])('is refused when its payload is %s, and only then', (_, data) => {
    expect(entriesSchema.safeParse(listOf('configuration', data)).success).toBe(false);
    expect(entriesSchema.safeParse(listOf('command', data)).success).toBe(true);
    expect(entriesSchema.safeParse(listOf('configuration', payload)).success).toBe(true);
  });
});
