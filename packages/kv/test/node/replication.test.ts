import { expect, test } from 'vitest';
import { commit, propose, TestCluster } from './test-cluster.ts';

test('three nodes elect a leader and apply the same lines in the same order', async () => {
  await using cluster = await TestCluster.start();
  const outcomes = await Promise.all(
    cluster.members.flatMap((member) => [propose(member, `${member.id} a`), propose(member, `${member.id} b`)]),
  );

  expect(outcomes.map(({ outcome }) => outcome)).toEqual(Array(6).fill('committed'));
  await cluster.until(() => cluster.members.every(({ ledger }) => ledger.lines.length === 6));
  const [first, second, third] = cluster.members.map(({ ledger }) => ledger.lines);
  expect(second).toEqual(first);
  expect(third).toEqual(first);
});

test("a proposal made at a follower is answered with the result of the follower's own state machine", async () => {
  await using cluster = await TestCluster.start();
  const [follower] = await cluster.followers();
  if (!follower) throw new Error('no follower');

  const first = await propose(follower, 'one');
  const second = await propose(follower, 'two');

  expect(first).toMatchObject({ outcome: 'committed', result: 1 });
  expect(second).toMatchObject({ outcome: 'committed', result: 2 });
  expect(follower.ledger.lines).toEqual(['one', 'two']);
});

test('a read through any node sees every write that was answered before', async () => {
  await using cluster = await TestCluster.start();
  for (const writer of cluster.members) {
    const line = `by ${writer.id}`;
    expect((await propose(writer, line)).outcome).toBe('committed');
    const reads = await Promise.all(cluster.members.map((reader) => reader.node.read('lines')));
    for (const read of reads) expect(read).toMatchObject({ outcome: 'served', value: expect.arrayContaining([line]) });
  }
});

test('a single node is a cluster', async () => {
  await using cluster = await TestCluster.start({ size: 1 });
  await commit(cluster, 'alone');
  const [member] = cluster.members;
  expect(await member?.node.read('lines')).toMatchObject({ outcome: 'served', value: ['alone'] });
});

test('a restart replays the log to the same state', async () => {
  await using cluster = await TestCluster.start();
  for (const line of ['a', 'b', 'c']) await commit(cluster, line);
  await Promise.all(cluster.members.map((member) => member.node.close()));
  await Promise.all(cluster.members.map((member) => cluster.startMember(member.id)));

  await commit(cluster, 'd');

  await cluster.until(() => cluster.members.every(({ ledger }) => ledger.lines.length === 4));
  for (const { ledger } of cluster.members) expect(ledger.lines).toEqual(['a', 'b', 'c', 'd']);
});

test('entries that are not in memory any more are applied from storage', async () => {
  await using cluster = await TestCluster.start({ config: { maxCachedBytes: 1, maxAppendBytes: 2000, snapshotEveryEntries: 0 } });
  const [behind] = await cluster.followers();
  if (!behind) throw new Error('no follower');
  cluster.network.isolate(behind.id);
  const lines = Array.from({ length: 50 }, (_, count) => `${count} ${'x'.repeat(500)}`);
  const leader = await cluster.leader();
  await Promise.all(lines.map((line) => propose(leader, line)));
  cluster.network.rejoin(behind.id);
  await cluster.until(() => behind.ledger.lines.length === 50);
  expect(behind.ledger.lines).toEqual(lines);

  await behind.node.close();
  await cluster.startMember(behind.id);
  await cluster.until(() => behind.ledger.lines.length === 50);
  expect(behind.ledger.lines).toEqual(lines);
});

test('between commands that take long, everything else has a turn', async () => {
  await using cluster = await TestCluster.start({ size: 1, config: { applySliceMs: 1 } });
  const leader = await cluster.leader();
  const { ledger } = leader;
  const apply = ledger.apply.bind(ledger);
  const turns = { count: 0, isOver: false };
  const seen = new Set<number>();
  const countTurn = (): void => {
    turns.count += 1;
    if (!turns.isOver) setImmediate(countTurn);
  };
  countTurn();
  ledger.apply = (command) => {
    seen.add(turns.count);
    for (const end = performance.now() + 1; performance.now() < end; );
    return apply(command);
  };

  await Promise.all(Array.from({ length: 64 }, (_, count) => propose(leader, `${count}`)));

  turns.isOver = true;
  expect(ledger.lines).toHaveLength(64);
  expect(seen.size).toBeGreaterThan(4);
});
