import { RaftError, type RaftEvent } from '@raft/core';
import { expect, test } from 'vitest';
import { makeGate } from './gate.ts';
import { commit, propose, TestCluster, type TestMember } from './test-cluster.ts';

const eventsOf = <Type extends RaftEvent['type']>(member: TestMember, type: Type): Extract<RaftEvent, { type: Type }>[] =>
  member.events.filter((event): event is Extract<RaftEvent, { type: Type }> => event.type === type);

test('a snapshot covers what was applied, lets the log be cut, and a restart begins from it', async () => {
  await using cluster = await TestCluster.start({ size: 1, config: { trailingEntries: 2 } });
  for (const line of ['a', 'b', 'c', 'd', 'e']) await commit(cluster, line);
  const [member] = cluster.members;
  if (!member) throw new Error('no member');
  const { lastApplied } = member.node.status();

  const meta = await member.node.takeSnapshot();

  expect(meta?.lastIncludedIndex).toBe(lastApplied);
  expect(meta?.configuration.voters.map(({ id }) => id)).toEqual(['n1']);
  await cluster.until(() => member.node.status().firstIndex === lastApplied - 1);
  expect(eventsOf(member, 'snapshotTaken')).toMatchObject([{ meta }]);

  await commit(cluster, 'f');
  await member.node.close();
  await cluster.startMember('n1');
  await commit(cluster, 'g');
  expect(member.ledger.restored).toBe(1);
  expect(member.ledger.lines).toEqual(['a', 'b', 'c', 'd', 'e', 'f', 'g']);
});

test('with nothing new there is no snapshot to take', async () => {
  await using cluster = await TestCluster.start({ size: 1 });
  await commit(cluster, 'a');
  const [member] = cluster.members;
  expect(await member?.node.takeSnapshot()).toBeDefined();
  expect(await member?.node.takeSnapshot()).toBeUndefined();
});

test('snapshots that are asked for at once are taken one after the other', async () => {
  await using cluster = await TestCluster.start({ size: 1 });
  await commit(cluster, 'a');
  const [member] = cluster.members;
  const taken = await Promise.all([member?.node.takeSnapshot(), member?.node.takeSnapshot()]);
  expect(taken.filter((meta) => meta !== undefined)).toHaveLength(1);
});

test('a snapshot is taken again and again, each time that enough was applied', async () => {
  await using cluster = await TestCluster.start({ size: 1, config: { snapshotEveryEntries: 10, trailingEntries: 0 } });
  const [member] = cluster.members;
  if (!member) throw new Error('no member');
  for (let round = 1; round <= 4; round += 1) {
    await Promise.all(Array.from({ length: 10 }, (_, count) => propose(member, `${round} ${count}`)));
    await cluster.until(() => eventsOf(member, 'snapshotTaken').length >= round);
  }
  expect(member.node.status().firstIndex).toBeGreaterThan(30);
});

test('a node that is far behind gets the snapshot, then the entries behind it', async () => {
  await using cluster = await TestCluster.start({ config: { trailingEntries: 0, snapshotChunkBytes: 16 } });
  const [behind] = await cluster.followers();
  if (!behind) throw new Error('no follower');
  await commit(cluster, 'seen by all');
  await cluster.until(() => behind.ledger.lines.length === 1);
  cluster.network.isolate(behind.id);
  const leader = await cluster.leader();
  const lines = Array.from({ length: 30 }, (_, count) => `line ${count}`);
  for (const line of lines) await commit(cluster, line);
  const meta = await leader.node.takeSnapshot();
  await cluster.until(() => leader.node.status().firstIndex > 30);
  await commit(cluster, 'after');

  cluster.network.rejoin(behind.id);

  await cluster.until(() => behind.ledger.lines.at(-1) === 'after');
  expect(behind.ledger.lines).toEqual(['seen by all', ...lines, 'after']);
  expect(behind.ledger.restored).toBe(1);
  expect(eventsOf(behind, 'snapshotRestored')).toMatchObject([{ meta }]);
  // What it got is its own now: it starts again from there, and serves.
  await behind.node.close();
  await cluster.startMember(behind.id);
  await cluster.until(() => behind.ledger.lines.at(-1) === 'after');
  expect(behind.ledger.restored).toBe(1);
  await behind.node.waitForLeader();
  expect(await propose(behind, 'again')).toMatchObject({ outcome: 'committed', result: 33 });
});

test('the state is captured between two commands, while one is being applied slowly', async () => {
  await using cluster = await TestCluster.start({ size: 1 });
  const [member] = cluster.members;
  if (!member) throw new Error('no member');
  await commit(cluster, 'a');
  const gate = makeGate();
  member.ledger.gate = gate.opened;
  const slow = propose(member, 'slow');
  const { lastApplied } = member.node.status();
  await cluster.until(() => member.node.status().commitIndex > lastApplied);
  const taking = member.node.takeSnapshot();
  const reading = member.node.read('lines', { consistency: 'local' });

  gate.open();

  const outcome = await slow;
  expect(outcome).toMatchObject({ outcome: 'committed', result: 2 });
  expect((await taking)?.lastIncludedIndex).toBe(lastApplied + 1);
  expect(await reading).toMatchObject({ outcome: 'served', value: ['a', 'slow'] });
});

test('a machine that can not make a snapshot goes on without one', async () => {
  await using cluster = await TestCluster.start({ size: 1 });
  const [member] = cluster.members;
  if (!member) throw new Error('no member');
  await commit(cluster, 'a');
  member.ledger.snapshot = () => {
    throw new Error('no room');
  };

  await expect(member.node.takeSnapshot()).rejects.toMatchObject({
    code: 'stateMachineFailed',
    message: expect.stringContaining('no room'),
  });
  expect(eventsOf(member, 'snapshotFailed')).toHaveLength(1);
  member.ledger.snapshot = async function* () {
    yield new Uint8Array(1);
    throw new RaftError('stopped', 'cut short');
  };
  await expect(member.node.takeSnapshot()).rejects.toMatchObject({ code: 'stateMachineFailed' });
  expect(await propose(member, 'b')).toMatchObject({ outcome: 'committed' });
});
