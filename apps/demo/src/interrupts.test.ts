import { expect, test } from 'vitest';
import { echoMs, interruptCounter } from './interrupts.ts';

function count(times: readonly number[]): string[] {
  const heard: string[] = [];
  const interrupt = interruptCounter({ first: () => heard.push('first'), again: () => heard.push('again') });
  for (const time of times) interrupt(time);
  return heard;
}

test('copies of one Ctrl-C count as one', () => {
  expect(count([5000, 5001, 5003, 5000 + echoMs - 1])).toEqual(['first']);
});

test('a second Ctrl-C is told from the first, its copies are not', () => {
  expect(count([0, 1, 3000, 3001, 6000])).toEqual(['first', 'again', 'again']);
});
