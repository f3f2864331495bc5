import { type RaftEvent, RaftNode } from '@raft/core';
import { memoryDisk, memoryStorage } from '@raft/storage-memory';
import { memoryNetwork } from '@raft/transport-memory';
import { expect, test } from 'vitest';
import { Ledger } from './ledger.ts';
import { commit, propose, TestCluster } from './test-cluster.ts';

const peers = [{ id: 'n1' }, { id: 'n2' }, { id: 'n3' }];
const config = { electionTimeoutMs: 150, heartbeatIntervalMs: 30 };

test('a bootstrap waits for every listed member, and says whom it misses', async () => {
  const network = memoryNetwork();
  const events: RaftEvent[] = [];
  const watchers: (() => void)[] = [];
  const start = (id: string) =>
    RaftNode.start({
      id,
      storage: memoryStorage({ disk: memoryDisk() }),
      transport: network.transport({ id }),
      stateMachine: new Ledger(() => undefined),
      peers,
      bootstrap: { clusterName: 'test' },
      config,
      log: (event) => {
        if (id === 'n1') events.push(event);
        for (const watch of watchers.splice(0)) watch();
      },
    });
  const until = async (isTrue: () => boolean): Promise<void> => {
    while (!isTrue()) await new Promise<void>((resolve) => void watchers.push(resolve));
  };
  await using first = await start('n1');
  await until(() => events.some(({ type }) => type === 'waitingToForm'));
  await using second = await start('n2');
  await until(() => events.filter(({ type }) => type === 'waitingToForm').length === 2);
  expect(events.filter(({ type }) => type === 'waitingToForm')).toEqual([
    { type: 'waitingToForm', missing: ['n2', 'n3'], foreign: [] },
    { type: 'waitingToForm', missing: ['n3'], foreign: [] },
  ]);
  expect(first.status()).toMatchObject({ blank: true, clusterId: null, term: 0, forming: { missing: ['n3'] } });
  expect(await first.propose(new Uint8Array(1))).toMatchObject({ outcome: 'rejected', code: 'noLeader' });

  await using third = await start('n3');

  expect(await Promise.all([first, second, third].map((node) => node.waitForLeader()))).toEqual([true, true, true]);
  const { clusterId } = first.status();
  expect(clusterId).not.toBeNull();
  expect(events).toContainEqual({ type: 'formed', clusterId });
  expect([second.status().clusterId, third.status().clusterId]).toEqual([clusterId, clusterId]);
});

test('a node whose disk was wiped stays blank, never votes, and the cluster serves without it', async () => {
  await using cluster = await TestCluster.start();
  await commit(cluster, 'before');
  const [victim] = await cluster.followers();
  if (!victim) throw new Error('no follower');
  await victim.node.close();
  await cluster.startMember(victim.id, { storage: () => memoryStorage() });

  await commit(cluster, 'after');
  // Now the other follower is gone too: the wiped node must not make up a majority with the leader.
  const leader = await cluster.leader();
  const other = cluster.members.find((member) => member !== leader && member !== victim);
  if (!other) throw new Error('no other member');
  await other.node.close();
  await cluster.until(() => leader.node.status().role !== 'leader');
  expect(await propose(leader, 'alone')).toMatchObject({ outcome: 'rejected', code: 'noLeader' });
  expect(victim.node.status()).toMatchObject({ blank: true, votedFor: null, commitIndex: 0 });
  expect(victim.ledger.lines).toEqual([]);
});

test('a node that is told to bootstrap on a formed storage just goes on', async () => {
  await using cluster = await TestCluster.start();
  const { clusterId } = cluster.member('n1').node.status();
  await commit(cluster, 'a');
  await Promise.all(cluster.members.map((member) => member.node.close()));
  await Promise.all(cluster.members.map((member) => cluster.startMember(member.id, { bootstrap: member.id !== 'n2' })));
  await commit(cluster, 'b');
  for (const { node, events } of cluster.members) {
    expect(node.status().clusterId).toBe(clusterId);
    expect(events.filter(({ type }) => type === 'formed')).toHaveLength(1);
  }
});

test("another node's storage is refused: it would look blank for ever", async () => {
  const disk = memoryDisk();
  const start = (id: string) => {
    const parts = { id, storage: memoryStorage({ disk }), transport: memoryNetwork().transport({ id }) };
    return RaftNode.start({
      ...parts,
      stateMachine: new Ledger(() => undefined),
      peers: [{ id }],
      bootstrap: { clusterName: 'test' },
      config,
    });
  };
  const owner = await start('n1');
  await owner.waitForLeader();
  await owner.close();
  await expect(start('n2')).rejects.toMatchObject({ code: 'identityMismatch', message: expect.stringContaining('n1') });
  await using again = await start('n1');
  expect(again.status().blank).toBe(false);
});
