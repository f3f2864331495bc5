import { describe, expect, test } from 'vitest';
import { counted, duration, lookOf, rounded, styled, whole, wrapped } from './text.ts';

describe('what is printed', () => {
  test('groups large numbers, and keeps digits of small ones', () => {
    expect([0, 0.5, 3.125, 42.42, 1234.5].map(rounded)).toEqual(['0', '0.50', '3.13', '42.4', '1,235']);
    expect(whole(1_234_567)).toBe('1,234,567');
  });

  test('counts one thing in the singular', () => {
    expect([counted(1, 'seed'), counted(2, 'seed'), counted(0, 'seed')]).toEqual(['1 seed', '2 seeds', '0 seeds']);
  });

  test('names time in the unit that people would', () => {
    expect([4.2, 200, 45_000, 1_000_000].map(duration)).toEqual(['4.20 s', '3 min 20 s', '12.5 h', '11.6 days']);
  });

  test('is broken at spaces, and never within a word', () => {
    expect(wrapped('one two three four', 9, '  ')).toEqual(['one two', '  three', '  four']);
    expect(wrapped('averylongword and more', 8)).toEqual(['averylongword', 'and more']);
    expect(wrapped('first\nsecond', 80, '> ')).toEqual(['first', '> second']);
  });

  test('has colours on a terminal only', () => {
    expect(styled('red', 'x', lookOf({}))).toBe('x');
    expect(styled('red', 'x', { width: 80, colours: true })).toContain('\u001b[31m');
    expect(lookOf({ columns: 500 }).width).toBe(120);
  });
});
