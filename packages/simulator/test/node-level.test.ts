import { describe, expect, test } from 'vitest';
import { SmallCluster, type SmallClusterOptions } from './small-cluster.ts';

/** Writes and reads while nodes crash, lose power and stop; then everybody must agree. */
async function liveThrough(options: SmallClusterOptions, rounds: number): Promise<SmallCluster> {
  const cluster = new SmallCluster(options);
  const random = cluster.randomOf('test');
  for (const node of cluster.nodes) cluster.start(node.index);
  await cluster.until(() => cluster.leader !== undefined);
  for (let round = 0; round < rounds; round += 1) {
    for (let count = 0; count < 4; count += 1) cluster.put(random.between(0, 2), `${round}.${count}`);
    cluster.read(random.between(0, 2), 'k1');
    await cluster.run(random.between(1, 60));
    const victim = random.between(0, 2);
    const fate = random.between(0, 5);
    if (fate === 0) cluster.crash(victim, random.pick([0, 0.5, 1]));
    else if (fate === 1) cluster.node(victim).pause();
    else if (fate === 2) cluster.node(victim).stallDisk(700_000);
    else if (fate === 3) cluster.node(victim).jumpClock(300_000);
    else cluster.node(victim).coarsenTimers(random.pick([0, 50_000]));
    await cluster.run(random.between(1, 400));
    for (const node of cluster.nodes) {
      node.resume();
      cluster.start(node.index);
    }
  }
  for (const node of cluster.nodes) {
    node.calmDown();
    node.coarsenTimers(0);
    if (node.stopped) cluster.crash(node.index);
  }
  await cluster.run(500);
  for (const node of cluster.nodes) cluster.start(node.index);
  const last = () => cluster.leader?.status()?.lastIndex ?? -1;
  await cluster.until(() => cluster.nodes.every(({ appliedIndex, disk }) => appliedIndex === last() && disk.lastIndex === last()));
  return cluster;
}

describe('a cluster of whole nodes on a simulated clock', () => {
  test('forms, elects, commits and answers', async () => {
    const cluster = new SmallCluster({ seed: 1, preformed: false });
    for (const node of cluster.nodes) cluster.start(node.index);
    await cluster.until(() => cluster.leader !== undefined);
    const ids = [0, 1, 2].map((node) => cluster.put(node, 'x'));
    await cluster.until(() => ids.every((id) => cluster.outcomes.has(id)));
    for (const id of ids) expect(cluster.outcomes.get(id)).toMatchObject({ type: 'ok', result: { value: null } });
    const read = cluster.read(1, 'k1');
    await cluster.until(() => cluster.outcomes.has(read));
    expect(cluster.outcomes.get(read)).toMatchObject({ type: 'ok', result: { value: 'x' } });
  });

  test('has one history per seed, whatever happens in it', async () => {
    for (const seed of [1, 2, 3]) {
      const first = await liveThrough({ seed, crashPoints: 0.004 }, 30);
      const again = await liveThrough({ seed, crashPoints: 0.004 }, 30);
      expect(again.lines).toEqual(first.lines);
      expect(first.lines.length).toBeGreaterThan(1000);
    }
  });

  test('takes snapshots and installs them', async () => {
    const cluster = await liveThrough({ seed: 4 }, 40);
    const kinds = new Set(cluster.lines.map((line) => line.split(' ')[2]));
    expect([...kinds]).toEqual(expect.arrayContaining(['snapshotTaken', 'crash', 'stalled']));
  });

  test('loses nothing that was acknowledged', async () => {
    for (let seed = 10; seed < 20; seed += 1) {
      const cluster = await liveThrough({ seed, crashPoints: 0.01 }, 20);
      const outcomes = [...cluster.outcomes.values()].map(({ type }) => type);
      expect(outcomes.filter((type) => type === 'ok').length).toBeGreaterThan(10);
    }
  });
});
