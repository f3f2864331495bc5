import { rm } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { kvClient } from '../src/index.ts';
import { ProcessCluster } from './process-cluster.ts';
import { until } from './until.ts';

const timeout = 60_000;
const bytes = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);

/** Writes through whichever node can, and gives the value that was acknowledged. */
async function write(cluster: ProcessCluster, key: string): Promise<void> {
  await until(`a write of ${key}`, async () => (await cluster.client.put(key, bytes(`value of ${key}`))).outcome === 'stored');
}

async function expectAll(cluster: ProcessCluster, id: string, keys: readonly string[]): Promise<void> {
  using client = kvClient({ endpoints: [cluster.place(id).url] });
  for (const key of keys) {
    const found = await until(`${key} at ${id}`, async () => {
      const outcome = await client.get(key);
      return outcome.outcome !== 'unavailable' && outcome;
    });
    expect(found).toMatchObject({ outcome: 'found', value: bytes(`value of ${key}`) });
  }
}

describe('three processes with files and TCP', () => {
  test('keep every acknowledged write when the leader and then all are killed', { timeout }, async () => {
    await using cluster = await ProcessCluster.start();
    const keys: string[] = [];
    const writeSome = async (count: number): Promise<void> => {
      for (let n = 0; n < count; n++) {
        const key = `k${keys.length}`;
        await write(cluster, key);
        keys.push(key);
      }
    };
    await writeSome(20);

    const leader = await cluster.leader();
    await cluster.kill(leader, 'SIGKILL');
    await writeSome(20);
    cluster.run(leader);
    await expectAll(cluster, leader, keys);

    await Promise.all(cluster.places.map(({ id }) => cluster.kill(id, 'SIGKILL')));
    for (const { id } of cluster.places) cluster.run(id);
    for (const { id } of cluster.places) await expectAll(cluster, id, keys);
    await writeSome(1);
  });

  test('stop cleanly on SIGINT and SIGTERM, and find their data again', { timeout }, async () => {
    await using cluster = await ProcessCluster.start();
    await write(cluster, 'kept');
    const exits = [await cluster.kill('n1', 'SIGINT'), await cluster.kill('n2', 'SIGTERM'), await cluster.kill('n3', 'SIGINT')];
    for (const { code, stderr, stdout } of exits) {
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(stdout).toMatch(/stops\n$/);
    }
    for (const { id } of cluster.places) cluster.run(id);
    for (const { id } of cluster.places) await expectAll(cluster, id, ['kept']);
  });

  test('form a cluster even if they were stopped while they formed it', { timeout }, async () => {
    await using cluster = await ProcessCluster.create();
    cluster.run('n1');
    await until('n1 waits', async () => (await cluster.status('n1'))?.forming?.missing.length === 2);
    cluster.run('n2');
    await until('n1 has heard of n2', async () => (await cluster.status('n1'))?.forming?.missing.length === 1);
    await cluster.kill('n1', 'SIGINT');
    await cluster.kill('n2', 'SIGKILL');

    // Wherever each of them was: stopped as soon as anybody belongs to the cluster.
    for (const { id } of cluster.places) cluster.run(id);
    await until('somebody is formed', async () =>
      (await cluster.client.status()).some((answer) => 'status' in answer && answer.status.clusterId !== null),
    );
    await Promise.all(cluster.places.map(({ id }) => cluster.kill(id, 'SIGKILL')));

    for (const { id } of cluster.places) cluster.run(id);
    await cluster.leader();
    await write(cluster, 'formed');
  });

  test('a node whose directory was emptied says that it is blank, and never votes', { timeout }, async () => {
    await using cluster = await ProcessCluster.start();
    await write(cluster, 'before');
    await cluster.kill('n1', 'SIGKILL');
    await rm(cluster.place('n1').data, { recursive: true });
    const n1 = cluster.run('n1');

    const sentence = /n1 is blank .*neither votes nor campaigns: n2, n3 already belong to a cluster without this storage of n1/;
    await until('n1 says what it is on stdout', () => sentence.test(n1.stdout));
    const status = await until('n1 says so in its status', async () => {
      const answer = await cluster.status('n1');
      return answer?.forming?.foreign.length === 2 && answer;
    });
    expect(status).toMatchObject({ blank: true, term: 0, leaderId: null, clusterId: null, notice: expect.stringMatching(sentence) });
    expect((await fetch(`${cluster.place('n1').url}/readyz`)).status).toBe(503);
    expect((await fetch(`${cluster.place('n1').url}/healthz`)).status).toBe(200);

    // Two of three run, but one of these is blank: no vote of it, no leader.
    await write(cluster, 'with two');
    await cluster.kill('n3', 'SIGKILL');
    let asked = 0;
    await until('n2 has asked for votes for long', async () => {
      const [blank, candidate] = [await cluster.status('n1'), await cluster.status('n2')];
      expect(blank).toMatchObject({ blank: true, term: 0, leaderId: null });
      if (candidate?.role === 'preCandidate' || candidate?.role === 'candidate') asked += 1;
      return asked >= 20;
    });
    expect(cluster.program('n2').stdout).toMatch(/asks whether it could win an election/);
    expect(await cluster.status('n2')).toMatchObject({ leaderId: null });

    cluster.run('n3');
    await expectAll(cluster, 'n3', ['before', 'with two']);
    expect(await cluster.status('n1')).toMatchObject({ blank: true, term: 0 });
  });
});
