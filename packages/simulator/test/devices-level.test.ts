import { describe, expect, test } from 'vitest';
import { devices, liveThrough } from './live-through.ts';
import { SmallCluster } from './small-cluster.ts';

describe('a cluster of whole nodes on simulated disks and streams', () => {
  test('forms, elects, commits and answers', async () => {
    const cluster = new SmallCluster({ seed: 1, preformed: false, hardware: devices });
    for (const node of cluster.nodes) cluster.start(node.index);
    await cluster.until(() => cluster.leader !== undefined);
    const ids = [0, 1, 2].map((node) => cluster.put(node, 'x'));
    await cluster.until(() => ids.every((id) => cluster.outcomes.has(id)));
    for (const id of ids) expect(cluster.outcomes.get(id)).toMatchObject({ type: 'ok', result: { value: null } });
  });

  test('has one history per seed, whatever happens in it', async () => {
    for (const seed of [1, 2, 3]) {
      const first = await liveThrough({ seed, crashPoints: 0.004, hardware: devices }, 20);
      const again = await liveThrough({ seed, crashPoints: 0.004, hardware: devices }, 20);
      expect(again.lines).toEqual(first.lines);
      expect(first.lines.length).toBeGreaterThan(1000);
    }
  });

  test('loses nothing that was acknowledged, and goes on', async () => {
    const kinds = new Set<string>();
    for (let seed = 10; seed < 25; seed += 1) {
      const cluster = await liveThrough({ seed, crashPoints: 0.005, preformed: seed % 2 === 0, hardware: devices }, 20);
      for (const kind of cluster.kinds) kinds.add(kind);
    }
    const wanted = ['snapshotTaken', 'snapshotRestored', 'tornTailCut', 'stalled', 'stopped', 'corrupted', 'disconnected', 'formed'];
    expect([...kinds]).toEqual(expect.arrayContaining(wanted));
  });

  test('closes nodes with every request settled and every write acknowledged, and starts them again', async () => {
    for (let seed = 1; seed <= 6; seed += 1) {
      const cluster = new SmallCluster({ seed, hardware: devices });
      const random = cluster.randomOf('closing');
      for (const node of cluster.nodes) cluster.start(node.index);
      await cluster.until(() => cluster.leader !== undefined);
      for (let round = 0; round < 12; round += 1) {
        const node = cluster.node(random.between(0, 2));
        const ids = ['a', 'b', 'c'].map((value) => cluster.put(node.index, value));
        if (random.chance(0.3)) node.stallDisk(300_000);
        if (random.chance(0.3)) node.takeSnapshot();
        await cluster.run(random.between(0, 30));
        node.shutDown();
        await cluster.until(() => !node.up, 5000);
        expect(ids.filter((id) => !cluster.outcomes.has(id))).toEqual([]);
        expect(node.disk.unacknowledged).toBe(0);
        cluster.start(node.index);
        await cluster.run(random.between(1, 300));
      }
      await cluster.until(() => cluster.nodes.every(({ appliedIndex }) => appliedIndex === cluster.leader?.status()?.lastIndex), 4000);
    }
  });

  test('does without a node whose disk is damaged, and that node says so', async () => {
    let lost = 0;
    for (let seed = 1; seed <= 10; seed += 1) {
      const cluster = new SmallCluster({ seed, hardware: devices });
      for (const node of cluster.nodes) cluster.start(node.index);
      await cluster.until(() => cluster.leader !== undefined);
      for (let count = 0; count < 30; count += 1) {
        cluster.put(count % 3, 'x');
        await cluster.run(20);
      }
      cluster.crash(2, 0);
      const isRotten = cluster.node(2).rotDisk();
      cluster.start(2);
      await cluster.run(500);
      // Bits may flip where a snapshot covers everything: then nobody is the wiser.
      expect([isRotten, cluster.node(2).stopped]).toEqual([true, cluster.node(2).lost]);
      lost += cluster.node(2).lost ? 1 : 0;
      const id = cluster.put(0, 'y');
      await cluster.until(() => cluster.outcomes.has(id));
    }
    expect(lost).toBeGreaterThan(3);
  });
});
