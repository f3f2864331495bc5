import { expect, test } from 'vitest';
import { type DemoReport, summaryOf } from './summary.ts';

const report: DemoReport = {
  acknowledged: 12_345,
  overwrites: 6345,
  unknown: 7,
  refused: 0,
  keys: 6000,
  loadMs: 10_000,
  kills: [
    { killed: 'n1', leader: 'n2', writes: 2203, failOverMs: 480, catchUpMs: 1200 },
    { killed: 'n2', leader: 'n3', writes: 4588, failOverMs: 1021, catchUpMs: 900 },
  ],
  verified: [
    { id: 'n1', keys: 6000 },
    { id: 'n2', keys: 6000 },
  ],
  lost: [],
};

test('a summary says what was done', () => {
  expect(summaryOf(report)).toEqual([
    '',
    '  Writes acknowledged      12,345 (1,235 a second, fail-overs included)',
    "  Keys                     6,000 (the other 6,345 writes replaced a key's value)",
    '  Outcome unknown          7',
    '  Refused, never happened  0',
    '  Fail-over                0.48 s, 1.02 s',
    '  Back and caught up       1.20 s, 0.90 s',
    '  Keys verified            6,000 through n1, 6,000 through n2',
    '',
    'Nothing was lost.',
  ]);
});

test('a summary says what was lost, the first twenty in words', () => {
  const lost = Array.from({ length: 23 }, (_, position) => `through n1: key-${position}: lost`);
  expect(summaryOf({ ...report, lost }).slice(-22)).toEqual([
    '23 reads broke a promise:',
    ...lost.slice(0, 20).map((line) => `  ${line}`),
    '  … and 3 more',
  ]);
});
