import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { messages } from '../test/arbitraries.ts';
import { outcomeOf } from '../test/outcome.ts';
import {
  type AppendEntries,
  decodeFrame,
  type Entry,
  type EntryKind,
  encodeConfiguration,
  encodeEntry,
  encodeMessage,
  type Message,
} from './index.ts';

const verdictOn = (message: Message): string => {
  const outcome = outcomeOf(() => decodeFrame(encodeMessage(message)));
  return 'code' in outcome ? outcome.code : outcome.value.kind;
};

const payload = encodeConfiguration({ voters: [{ id: 'n1', storageId: '0'.repeat(32) }] });

const entryOf = (index: number, term: number, kind: EntryKind = 'noop'): Entry =>
  encodeEntry({ index, term, kind, data: kind === 'configuration' ? payload : new Uint8Array(0) });

describe('AppendEntries', () => {
  const good: AppendEntries = {
    type: 'AppendEntries',
    term: 5,
    round: 1,
    prevLogIndex: 6,
    prevLogTerm: 3,
    leaderCommit: 4,
    entries: [entryOf(7, 3), entryOf(8, 5)],
  };

  test('is taken when its entries follow on', () => {
    expect(verdictOn(good)).toBe('message');
    expect(verdictOn({ ...good, prevLogIndex: 0, prevLogTerm: 0, entries: [entryOf(1, 1)] })).toBe('message');
    expect(verdictOn({ ...good, prevLogIndex: 99, prevLogTerm: 5, entries: [] })).toBe('message');
  });

  test.each<[string, Partial<AppendEntries>]>([
    ['leave a gap behind prevLogIndex', { prevLogIndex: 5 }],
    ['begin at prevLogIndex', { prevLogIndex: 7 }],
    ['begin below the term at prevLogIndex', { prevLogTerm: 4 }],
    ['are of a later term than the leader', { term: 4 }],
    [
      'hold a configuration that nobody can read',
      { entries: [encodeEntry({ index: 7, term: 3, kind: 'configuration', data: Uint8Array.of(0) })] },
    ],
  ])('is malformed when its entries %s', (_, change) => {
    expect(verdictOn({ ...good, ...change })).toBe('malformed');
  });

  test('is malformed whatever number in front of its entries is spoiled', () => {
    const withEntries = messages.AppendEntries.filter(({ entries }) => entries.length > 0);
    const below = (limit: number) => fc.nat({ max: Math.min(limit - 1, 2 ** 31 - 1) });
    const spoiled = withEntries.chain((message) => {
      const first = message.entries[0]?.term ?? 0;
      const last = message.entries.at(-1)?.term ?? 0;
      return fc.oneof(
        fc
          .maxSafeNat()
          .filter((index) => index !== message.prevLogIndex)
          .map((prevLogIndex) => ({ ...message, prevLogIndex })),
        fc.integer({ min: first + 1, max: Number.MAX_SAFE_INTEGER }).map((prevLogTerm) => ({ ...message, prevLogTerm })),
        below(last).map((term) => ({ ...message, term })),
      );
    });
    fc.assert(
      fc.property(spoiled, (message) => {
        expect(verdictOn(message)).toBe('malformed');
      }),
    );
  });
});

describe('Form', () => {
  const form = (entries: readonly Entry[]): Message => ({ type: 'Form', term: 1, clusterId: '0'.repeat(32), entries });

  test('is taken with the first configuration', () => {
    expect(verdictOn(form([entryOf(1, 1, 'configuration')]))).toBe('message');
  });

  test.each<[string, readonly Entry[]]>([
    ['nothing', []],
    ['an entry behind the configuration', [entryOf(1, 1, 'configuration'), entryOf(2, 1)]],
    ['something else than a configuration', [entryOf(1, 1, 'noop')]],
    ['a configuration of another index', [entryOf(2, 1, 'configuration')]],
    ['a configuration of another term', [entryOf(1, 2, 'configuration')]],
  ])('is malformed with %s', (_, entries) => {
    expect(verdictOn(form(entries))).toBe('malformed');
  });
});
