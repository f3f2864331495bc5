import { type Draw, simulate } from '@raft/simulator';
import { encodeUtf8 } from '@raft/wire';
import { expect, test } from 'vitest';
import { encodeCommand } from '../src/commands.ts';
import { type KvQuery, KvStore } from '../src/store.ts';

const keyOf = (draw: Draw) => `key ${draw.between(1, 3)}`;

/** Puts and deletes, with and without a precondition that may hold, and now and then bytes that are no command. */
function command(draw: Draw) {
  const key = keyOf(draw);
  const expected = draw.pick([undefined, undefined, null, 'present', draw.between(1, 200)] as const);
  if (draw.chance(0.02)) return new Uint8Array([9, 9, 9]);
  if (draw.chance(0.2)) return encodeCommand({ type: 'delete', key, expected });
  return encodeCommand({ type: 'put', key, value: encodeUtf8(`${draw.client}.${draw.step}`), expected });
}

test('the store stays one store through crashes, partitions and snapshots', { timeout: 300_000 }, async () => {
  const report = await simulate<KvQuery>({
    stateMachine: () => new KvStore(),
    workload: { command, query: (draw) => ({ key: keyOf(draw) }) },
    seeds: [1, 10],
  });
  expect(report.failures).toEqual([]);
  expect(report.commands).toBeGreaterThan(500);
  expect(report.queries).toBeGreaterThan(100);
  expect(report.snapshotsRestored).toBeGreaterThan(10);
});
