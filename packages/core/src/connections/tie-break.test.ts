import { describe, expect, test } from 'vitest';
import { settle } from './tie-break.ts';

const crossingMs = 100;
const small = { ownId: 'n1', remoteId: 'n2', crossingMs };
const large = { ownId: 'n2', remoteId: 'n1', crossingMs };

describe('settle', () => {
  test('lets a newcomer replace a connection that the same end dialled', () => {
    for (const ids of [small, large]) {
      for (const isDialledByUs of [true, false]) {
        const verdict = settle({ ...ids, current: { isDialledByUs, openedAt: 0 }, newcomer: { isDialledByUs, openedAt: 1 } });
        expect(verdict).toEqual({ keep: 'newcomer', other: 'destroy' });
      }
    }
  });

  test('keeps what the smaller id dialled when two handshakes crossed, in whichever order each end saw them', () => {
    const ours = { isDialledByUs: true, openedAt: 0 };
    const theirs = { isDialledByUs: false, openedAt: crossingMs };
    expect(settle({ ...small, current: ours, newcomer: theirs })).toEqual({ keep: 'current', other: 'retire' });
    expect(settle({ ...small, current: theirs, newcomer: ours })).toEqual({ keep: 'newcomer', other: 'retire' });
    expect(settle({ ...large, current: ours, newcomer: theirs })).toEqual({ keep: 'newcomer', other: 'hold' });
    expect(settle({ ...large, current: theirs, newcomer: ours })).toEqual({ keep: 'current', other: 'hold' });
  });

  test('takes an old connection for dead when the other end dials', () => {
    const current = { isDialledByUs: true, openedAt: 0 };
    const newcomer = { isDialledByUs: false, openedAt: crossingMs + 1 };
    expect(settle({ ...small, current, newcomer })).toEqual({ keep: 'newcomer', other: 'retire' });
  });

  test('never has both ends end a connection', () => {
    for (const isFirstDialledByUs of [true, false]) {
      const current = { isDialledByUs: isFirstDialledByUs, openedAt: 0 };
      const newcomer = { isDialledByUs: !isFirstDialledByUs, openedAt: 5000 };
      expect(settle({ ...large, current, newcomer }).other).toBe('hold');
    }
  });
});
