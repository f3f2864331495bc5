import { type Clock, RaftNode, systemClock } from '@raft/core';
import { memoryStorage } from '@raft/storage-memory';
import { memoryNetwork } from '@raft/transport-memory';
import { expect, test } from 'vitest';
import { Ledger } from './ledger.ts';
import { commit, propose, TestCluster, type TestMember } from './test-cluster.ts';

const onlyMember = (cluster: TestCluster): TestMember => cluster.member('n1');

test('an abort before the proposal was made is a rejection, after it the outcome is unknown', async () => {
  await using cluster = await TestCluster.start();
  const leader = await cluster.leader();
  const early = new AbortController();
  const never = propose(leader, 'never', { signal: early.signal });
  early.abort();
  expect(await never).toEqual({ outcome: 'rejected', code: 'aborted' });
  expect(await propose(leader, 'never', { signal: early.signal })).toEqual({ outcome: 'rejected', code: 'aborted' });

  cluster.network.isolate(leader.id, { silently: true });
  const late = new AbortController();
  const maybe = propose(leader, 'maybe', { signal: late.signal });
  const { lastIndex } = leader.node.status();
  await cluster.until(() => leader.node.status().lastIndex > lastIndex);
  late.abort();
  expect(await maybe).toEqual({ outcome: 'unknown', code: 'aborted' });

  const read = new AbortController();
  const reading = leader.node.read('lines', { signal: read.signal });
  read.abort();
  expect(await reading).toEqual({ outcome: 'rejected', code: 'aborted' });
  cluster.network.rejoin(leader.id);
  await commit(cluster, 'end');
  expect((await cluster.leader()).ledger.lines).not.toContain('never');
});

test('close settles everything that is open, and refuses what comes later', async () => {
  await using cluster = await TestCluster.start();
  const leader = await cluster.leader();
  cluster.network.isolate(leader.id, { silently: true });
  const handed = propose(leader, 'handed over');
  const { lastIndex } = leader.node.status();
  await cluster.until(() => leader.node.status().lastIndex > lastIndex);
  const reading = leader.node.read('lines');
  const fresh = propose(leader, 'just made');

  const closing = leader.node.close();

  expect(leader.node.close()).toBe(closing);
  expect(await handed).toEqual({ outcome: 'unknown', code: 'closed' });
  expect(await reading).toEqual({ outcome: 'rejected', code: 'closed' });
  expect(await fresh).toEqual({ outcome: 'rejected', code: 'closed' });
  await closing;
  expect(await propose(leader, 'late')).toEqual({ outcome: 'rejected', code: 'closed' });
  expect(await leader.node.read('lines')).toEqual({ outcome: 'rejected', code: 'closed' });
  expect(await leader.node.waitForLeader()).toBe(false);
  await expect(leader.node.takeSnapshot()).rejects.toMatchObject({ code: 'closed' });
});

test('a node that is closed leaves no timer', async () => {
  const timers = new Set<object>();
  const clock: Clock = {
    ...systemClock,
    setTimer(delayMs, callback) {
      const key = {};
      timers.add(key);
      const timer = systemClock.setTimer(delayMs, () => {
        timers.delete(key);
        callback();
      });
      return {
        cancel() {
          timers.delete(key);
          timer.cancel();
        },
      };
    },
  };
  const node = await RaftNode.start({
    id: 'n1',
    storage: memoryStorage(),
    transport: memoryNetwork().transport({ id: 'n1' }),
    stateMachine: new Ledger(() => undefined),
    peers: [{ id: 'n1' }],
    bootstrap: { clusterName: 'test' },
    clock,
  });
  await node.waitForLeader();
  await Promise.all(Array.from({ length: 100 }, () => node.propose(new Uint8Array(1))));
  // One for everything: deadlines don't pile up.
  expect(timers.size).toBe(1);

  const left = node.propose(new Uint8Array(1));
  await node.close();

  expect(await left).toMatchObject({ code: 'closed' });
  expect(timers.size).toBe(0);
});

test('more requests than allowed are rejected as overloaded, and the others are not harmed', async () => {
  await using cluster = await TestCluster.start({ size: 1, config: { maxPendingRequests: 3 } });
  const member = onlyMember(cluster);
  const outcomes = await Promise.all(['a', 'b', 'c', 'd', 'e'].map((line) => propose(member, line)));
  expect(outcomes.map(({ outcome }) => outcome)).toEqual(['committed', 'committed', 'committed', 'rejected', 'rejected']);
  expect(outcomes.at(-1)).toEqual({ outcome: 'rejected', code: 'overloaded' });
  expect(await propose(member, 'f')).toMatchObject({ outcome: 'committed', result: 4 });
});

test('a command above the limit is rejected, one that is no bytes is a mistake', async () => {
  await using cluster = await TestCluster.start({ size: 1, config: { maxProposalBytes: 4 } });
  const member = onlyMember(cluster);
  expect(await propose(member, '12345')).toEqual({ outcome: 'rejected', code: 'tooLarge' });
  expect(await propose(member, '1234')).toMatchObject({ outcome: 'committed' });
  expect(() => member.node.propose('text' as unknown as Uint8Array<ArrayBuffer>)).toThrow(/not string/);
});

test('a query that throws rejects its read and nothing else', async () => {
  await using cluster = await TestCluster.start({ size: 1 });
  const member = onlyMember(cluster);
  await expect(member.node.read('bad')).rejects.toThrow('a bad question');
  await expect(member.node.read('bad', { consistency: 'local' })).rejects.toThrow('a bad question');
  expect(await member.node.read('lines')).toMatchObject({ outcome: 'served', value: [] });
});

test('a local read answers from what this node has applied, without asking anybody', async () => {
  await using cluster = await TestCluster.start();
  await commit(cluster, 'a');
  const [follower] = await cluster.followers();
  if (!follower) throw new Error('no follower');
  await cluster.until(() => follower.ledger.lines.length === 1);
  cluster.network.isolate(follower.id);
  await cluster.until(() => follower.node.status().leaderId === null);

  const { lastApplied } = follower.node.status();
  expect(await follower.node.read('lines', { consistency: 'local' })).toEqual({ outcome: 'served', index: lastApplied, value: ['a'] });
  expect(await follower.node.read('lines')).toMatchObject({ outcome: 'rejected' });
});

test('a proposal made within apply is one like any other', async () => {
  await using cluster = await TestCluster.start({ size: 1 });
  const member = onlyMember(cluster);
  const { ledger } = member;
  const made: ReturnType<typeof propose>[] = [];
  const apply = ledger.apply.bind(ledger);
  ledger.apply = (command) => {
    if (made.length === 0) made.push(propose(member, 'inner'));
    return apply(command);
  };
  await propose(member, 'outer');
  expect(await made[0]).toMatchObject({ outcome: 'committed', result: 2 });
  expect(ledger.lines).toEqual(['outer', 'inner']);
});

test('waiting for a leader ends with one, or with an abort', async () => {
  await using cluster = await TestCluster.start();
  const [follower] = await cluster.followers();
  if (!follower) throw new Error('no follower');
  expect(await follower.node.waitForLeader()).toBe(true);
  cluster.network.isolate(follower.id);
  await cluster.until(() => follower.node.status().leaderId === null);
  const abort = new AbortController();
  const waiting = follower.node.waitForLeader({ signal: abort.signal });
  abort.abort();
  expect(await waiting).toBe(false);
  expect(await follower.node.waitForLeader({ signal: abort.signal })).toBe(false);
  const again = follower.node.waitForLeader();
  cluster.network.rejoin(follower.id);
  expect(await again).toBe(true);
});
