import { expect, test } from 'vitest';
import { summarizeProfile } from './profile.ts';

const frames = [
  ['(idle)', ''],
  ['step', 'file:///raft/packages/core/src/protocol/raft.ts'],
  ['', 'file:///raft/packages/core/src/node/pump.ts'],
  ['parse', 'file:///raft/node_modules/.pnpm/zod@4.6.7/node_modules/zod/v4/core/parse.js'],
  ['writev', 'node:internal/streams'],
  ['(garbage collector)', ''],
  ['writeSync', ''],
  ['post', 'node:inspector'],
];

test('a profile is summed up by package and by function, as shares of the time that was not idle', () => {
  const nodes = frames.map(([functionName, url], id) => ({ id, callFrame: { functionName, url, lineNumber: 9 } }));
  const json = JSON.stringify({ nodes, samples: [7, 0, 1, 2, 3, 4, 5, 6, 1], timeDeltas: [900, 500, 100, 100, 50, 50, 50, 50, 100] });
  const summary = summarizeProfile('n1', json);
  expect(summary).toMatchObject({ process: 'n1', busyShare: 0.5 });
  expect(summary.packages).toEqual([
    { place: 'packages/core', share: 0.6 },
    { place: 'zod', share: 0.1 },
    { place: 'node', share: 0.1 },
    { place: 'garbage collection', share: 0.1 },
    { place: 'native', share: 0.1 },
  ]);
  expect(summary.functions.slice(0, 2)).toEqual([
    { place: 'packages/core step raft.ts:10', share: 0.4 },
    { place: 'packages/core (anonymous) pump.ts:10', share: 0.2 },
  ]);
});
