import type { GetOutcome } from '@raft/kv';
import { describe, expect, test } from 'vitest';
import { Ledger } from './ledger.ts';

const stored = (revision: number) => ({ outcome: 'stored', revision }) as const;
const unknown = { outcome: 'unknown', message: 'gone' } as const;
const found = (text: string, revision: number): GetOutcome => ({ outcome: 'found', value: new TextEncoder().encode(text), revision });
const missing: GetOutcome = { outcome: 'missing' };

describe('a ledger', () => {
  test('is content with the value that was acknowledged last', () => {
    const ledger = new Ledger();
    ledger.record('a', 'one', stored(3));
    ledger.record('a', 'two', stored(7));
    expect(ledger.complaintAbout('a', found('two', 7))).toBeUndefined();
  });

  test.each([
    ['a lost key', missing, /a: lost; acknowledged was "two" \(revision 7\)/],
    ['an older value', found('one', 3), /reads the older "one" \(revision 3\)/],
    ['a value that nobody wrote', found('tw', 7), /which nobody wrote/],
    ['another revision', found('two', 8), /"two" \(revision 8\); acknowledged/],
    ['a node that does not answer', { outcome: 'unavailable', message: 'no leader' }, /can't be read: no leader/],
  ] as const)('complains about %s', (_what, read, complaint) => {
    const ledger = new Ledger();
    ledger.record('a', 'one', stored(3));
    ledger.record('a', 'two', stored(7));
    expect(ledger.complaintAbout('a', read)).toMatch(complaint);
  });

  test('takes a write of unknown fate as done or as not done', () => {
    const ledger = new Ledger();
    ledger.record('a', 'one', stored(3));
    ledger.record('a', 'two', unknown);
    expect(ledger.complaintAbout('a', found('one', 3))).toBeUndefined();
    expect(ledger.complaintAbout('a', found('two', 4))).toBeUndefined();
    expect(ledger.complaintAbout('a', found('two', 3))).toMatch(/older than the acknowledged/);
    expect(ledger.complaintAbout('a', missing)).toMatch(/lost/);
  });

  test('takes a write of unknown fate as done even after a later one was acknowledged, since it may happen late', () => {
    const ledger = new Ledger();
    ledger.record('a', 'one', unknown);
    ledger.record('a', 'two', stored(5));
    expect(ledger.complaintAbout('a', found('one', 9))).toBeUndefined();
    expect(ledger.complaintAbout('a', found('one', 4))).toMatch(/older than the acknowledged/);
  });

  test('takes a key whose only write is of unknown fate as there or not', () => {
    const ledger = new Ledger();
    ledger.record('a', 'one', unknown);
    expect(ledger.keys).toEqual(['a']);
    expect(ledger.acknowledgedKeys).toBe(0);
    expect(ledger.complaintAbout('a', missing)).toBeUndefined();
    expect(ledger.complaintAbout('a', found('one', 2))).toBeUndefined();
    expect(ledger.complaintAbout('a', found('on', 2))).toMatch(/nobody wrote/);
  });

  test('counts', () => {
    const ledger = new Ledger();
    ledger.record('a', '1', unknown);
    ledger.record('a', '2', stored(2));
    ledger.record('a', '3', stored(3));
    ledger.record('b', '4', stored(4));
    ledger.record('c', '5', { outcome: 'unavailable', message: 'no leader' });
    expect(ledger.counts).toEqual({ acknowledged: 3, overwrites: 1, unknown: 1, refused: 1 });
    expect(ledger.acknowledgedKeys).toBe(2);
    expect(ledger.keys).toEqual(['a', 'b']);
  });
});
