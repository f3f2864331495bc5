import { expect, test } from 'vitest';
import { Backoff } from './backoff.ts';

const options = { firstDelayMs: 250, maxDelayMs: 2000, healthyMs: 10_000 };

test('the delay doubles with each early death, up to a limit', () => {
  const backoff = new Backoff(options);
  expect([1, 2, 3, 4, 5, 6].map(() => backoff.delayAfter(100))).toEqual([250, 500, 1000, 2000, 2000, 2000]);
});

test('after a life that was long enough, it begins anew', () => {
  const backoff = new Backoff(options);
  backoff.delayAfter(100);
  backoff.delayAfter(100);
  expect(backoff.delayAfter(10_000)).toBe(250);
  expect(backoff.delayAfter(100)).toBe(500);
});
