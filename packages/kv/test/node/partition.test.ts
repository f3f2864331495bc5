import { expect, test } from 'vitest';
import { commit, propose, TestCluster } from './test-cluster.ts';

test('a leader that is cut off answers no read and acknowledges no proposal', async () => {
  await using cluster = await TestCluster.start({ config: { outcomeTimeoutMs: 600 } });
  const old = await cluster.leader();
  cluster.network.isolate(old.id, { silently: true });

  const [read, outcome] = await Promise.all([old.node.read('lines'), propose(old, 'lost')]);

  expect(read.outcome).toBe('rejected');
  expect(outcome).toEqual({ outcome: 'unknown', code: 'timeout' });
  expect(old.ledger.lines).toEqual([]);
});

test('a proposal whose entry was overwritten is rejected as superseded once the old leader is back', async () => {
  await using cluster = await TestCluster.start({ config: { outcomeTimeoutMs: 30_000 } });
  const old = await cluster.leader();
  const others = cluster.members.filter((member) => member !== old);
  cluster.network.isolate(old.id, { silently: true });
  const lost = propose(old, 'overwritten');
  const next = await cluster.leader(others);
  expect(await propose(next, 'kept')).toMatchObject({ outcome: 'committed' });

  cluster.network.rejoin(old.id);

  expect(await lost).toEqual({ outcome: 'rejected', code: 'superseded' });
  await cluster.until(() => cluster.members.every(({ ledger }) => ledger.lines.length === 1));
  for (const { ledger } of cluster.members) expect(ledger.lines).toEqual(['kept']);
});

test('without a leader a proposal is rejected, since nothing can have happened', async () => {
  await using cluster = await TestCluster.start();
  const [follower] = await cluster.followers();
  if (!follower) throw new Error('no follower');
  await cluster.until(() => follower.node.status().leaderId !== null);
  cluster.network.isolate(follower.id);
  await cluster.until(() => follower.node.status().leaderId === null);

  expect(await propose(follower, 'nobody')).toMatchObject({ outcome: 'rejected', code: 'noLeader' });
  expect(await follower.node.read('lines')).toMatchObject({ outcome: 'rejected', code: 'noLeader' });
});

test('load over changes of leader: what was committed is there once, what was rejected is not', async () => {
  await using cluster = await TestCluster.start({ config: { outcomeTimeoutMs: 300 } });
  const committed: string[] = [];
  const rejected: string[] = [];
  const isOver = { now: false };
  const clients = cluster.members.map(async (member) => {
    for (let count = 0; !isOver.now; count += 1) {
      const lines = Array.from({ length: 8 }, (_, position) => `${member.id} ${count} ${position}`);
      const outcomes = await Promise.all(lines.map((line) => propose(member, line)));
      for (const [position, { outcome }] of outcomes.entries()) {
        if (outcome === 'committed') committed.push(lines[position] ?? '');
        if (outcome === 'rejected') rejected.push(lines[position] ?? '');
      }
      // Nothing else has a turn while a node without a leader rejects at once.
      await new Promise((resolve) => setImmediate(resolve));
    }
  });
  for (let round = 0; round < 3; round += 1) {
    const old = await cluster.leader();
    const before = committed.length;
    cluster.network.isolate(old.id, { silently: true });
    await cluster.leader(cluster.members.filter((member) => member !== old));
    cluster.network.rejoin(old.id);
    await cluster.until(() => committed.length > before + 50);
  }
  isOver.now = true;
  await Promise.all(clients);
  await commit(cluster, 'end');
  await cluster.until(() => cluster.members.every(({ ledger }) => ledger.lines.at(-1) === 'end'));

  const [first, ...others] = cluster.members.map(({ ledger }) => ledger.lines);
  if (!first) throw new Error('no member');
  for (const lines of others) expect(lines).toEqual(first);
  const applied = new Set(first);
  expect(applied.size).toBe(first.length);
  expect(committed.filter((line) => !applied.has(line))).toEqual([]);
  expect(rejected.filter((line) => applied.has(line))).toEqual([]);
});
