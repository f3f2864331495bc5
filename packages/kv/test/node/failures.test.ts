import { RaftError, RaftNode } from '@raft/core';
import { memoryDisk, memoryStorage } from '@raft/storage-memory';
import { memoryNetwork } from '@raft/transport-memory';
import { expect, test } from 'vitest';
import { FaultyStorage } from './faulty-storage.ts';
import { makeGate } from './gate.ts';
import { Ledger, poison } from './ledger.ts';
import { commit, propose, TestCluster, type TestMember } from './test-cluster.ts';

const onlyMember = (cluster: TestCluster): TestMember => cluster.member('n1');

/** Starts the member again on the disk that it has, but with a storage that can be troubled. */
async function withFaultyStorage(cluster: TestCluster, member: TestMember): Promise<FaultyStorage> {
  const made: FaultyStorage[] = [];
  await member.node.close();
  await cluster.startMember(member.id, {
    storage: (disk) => {
      const storage = new FaultyStorage(disk);
      made.push(storage);
      return storage;
    },
  });
  const [storage] = made;
  if (!storage) throw new Error('no storage was made');
  return storage;
}

test('a command that the state machine throws on stops the node, which says where', async () => {
  await using cluster = await TestCluster.start({ size: 1 });
  const member = onlyMember(cluster);
  const index = (await commit(cluster, 'fine')) + 1;

  const [outcome, behind] = await Promise.all([propose(member, poison), propose(member, 'behind it')]);

  expect(outcome).toEqual({ outcome: 'unknown', code: 'stopped' });
  expect(behind).toEqual({ outcome: 'unknown', code: 'stopped' });
  await cluster.until(() => member.node.status().role === 'stopped');
  expect(member.node.status()).toMatchObject({ role: 'stopped', lastApplied: index - 1, leaderId: null });
  expect(member.node.status().reason).toBe(`applying entry ${index} failed: this line is poison`);
  expect(member.events).toContainEqual({ type: 'stopped', reason: `applying entry ${index} failed: this line is poison` });
  expect(await propose(member, 'too late')).toEqual({ outcome: 'rejected', code: 'stopped' });
  expect(await member.node.read('lines')).toEqual({ outcome: 'rejected', code: 'stopped' });
  expect(await member.node.waitForLeader()).toBe(false);
  await expect(member.node.takeSnapshot()).rejects.toMatchObject({ code: 'stopped' });
});

test('a storage that fails stops the node: what it was writing is unknown, and the others go on', async () => {
  await using cluster = await TestCluster.start();
  const leader = await cluster.leader();
  await commit(cluster, 'before');
  const storage = await withFaultyStorage(cluster, leader);
  await cluster.until(() => leader.node.status().leaderId !== null);
  storage.failure = new Error('no space left');

  const outcome = await propose(leader, 'during');

  // A follower forwards it, and its own write fails: the entry may well commit without this node.
  expect(outcome).toEqual({ outcome: 'unknown', code: 'stopped' });
  expect(leader.node.status()).toMatchObject({ role: 'stopped', reason: 'no space left' });
  const others = cluster.members.filter((member) => member !== leader);
  const next = await cluster.leader(others);
  expect(await propose(next, 'after')).toMatchObject({ outcome: 'committed' });
});

test('a storage that fails under a leader of one leaves its proposals unknown', async () => {
  await using cluster = await TestCluster.start({ size: 1 });
  const member = onlyMember(cluster);
  const storage = await withFaultyStorage(cluster, member);
  await commit(cluster, 'before');
  storage.failure = new Error('input/output error');

  expect(await propose(member, 'during')).toEqual({ outcome: 'unknown', code: 'stopped' });
  expect(member.ledger.lines).toEqual(['before']);
});

test('a disk without room for a snapshot stops nothing but that snapshot', async () => {
  await using cluster = await TestCluster.start({ size: 1 });
  const member = onlyMember(cluster);
  await commit(cluster, 'before');
  const storage = await withFaultyStorage(cluster, member);
  await cluster.until(() => member.node.status().leaderId !== null);
  storage.snapshotFailure = new RaftError('noSpace', 'no space left');

  await expect(member.node.takeSnapshot()).rejects.toMatchObject({ code: 'noSpace' });

  expect(member.events).toContainEqual({ type: 'snapshotFailed', reason: expect.stringContaining('no space left') });
  expect(await propose(member, 'during')).toMatchObject({ outcome: 'committed' });
  storage.snapshotFailure = undefined;
  expect(await member.node.takeSnapshot()).toMatchObject({ lastIncludedIndex: expect.any(Number) });
});

test('a storage that stalls costs the leadership, not the node', async () => {
  await using cluster = await TestCluster.start({ size: 1, config: { stallTimeoutMs: 50 } });
  const member = onlyMember(cluster);
  const storage = await withFaultyStorage(cluster, member);
  await commit(cluster, 'before');
  const gate = makeGate();
  storage.gate = gate.opened;
  const slow = propose(member, 'slow');

  await cluster.until(() => member.events.some(({ type }) => type === 'stalled'));
  await cluster.until(() => member.node.status().role !== 'leader');
  storage.gate = undefined;
  gate.open();

  expect(await slow).toMatchObject({ outcome: 'committed' });
  expect(await commit(cluster, 'after')).toBeGreaterThan(0);
  expect(member.ledger.lines).toEqual(['before', 'slow', 'after']);
});

test('a log that throws breaks nothing', async () => {
  await using node = await RaftNode.start({
    id: 'n1',
    storage: memoryStorage(),
    transport: memoryNetwork().transport({ id: 'n1' }),
    stateMachine: new Ledger(() => undefined),
    peers: [{ id: 'n1' }],
    bootstrap: { clusterName: 'test' },
    config: { electionTimeoutMs: 150, heartbeatIntervalMs: 30 },
    log: () => {
      throw new Error('a bad log');
    },
  });
  expect(await node.waitForLeader()).toBe(true);
});

test('a start that fails closes what it was given', async () => {
  const network = memoryNetwork();
  const stateMachine = new Ledger(() => undefined);
  await using first = await RaftNode.start({
    id: 'n1',
    storage: memoryStorage(),
    transport: network.transport({ id: 'n1' }),
    stateMachine,
    peers: [],
  });
  expect(first.status().blank).toBe(true);
  const storage = new FaultyStorage(memoryDisk());
  const start = RaftNode.start({ id: 'n1', storage, transport: network.transport({ id: 'n1' }), stateMachine, peers: [] });

  await expect(start).rejects.toMatchObject({ code: 'addressInUse' });
  expect(storage.closed).toBe(1);

  const another = new FaultyStorage(memoryDisk());
  const wrong = { id: 'n2', storage: another, transport: network.transport({ id: 'n2' }), stateMachine };
  await expect(RaftNode.start({ ...wrong, peers: [{ id: 'n1' }], bootstrap: { clusterName: 'test' } })).rejects.toMatchObject({
    code: 'invalidArgument',
  });
  expect(another.closed).toBe(1);
});
