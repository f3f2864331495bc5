import { describe, expect, test } from 'vitest';
import { liveThrough } from './live-through.ts';
import { SmallCluster } from './small-cluster.ts';

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
      const first = await liveThrough({ seed, crashPoints: 0.004 }, 20);
      const again = await liveThrough({ seed, crashPoints: 0.004 }, 20);
      expect(again.lines).toEqual(first.lines);
      expect(first.lines.length).toBeGreaterThan(1000);
    }
  });

  test('loses nothing that was acknowledged, and goes on', async () => {
    const kinds = new Set<string>();
    for (let seed = 10; seed < 20; seed += 1) {
      const cluster = await liveThrough({ seed, crashPoints: 0.01 }, 20);
      const outcomes = [...cluster.outcomes.values()].map(({ type }) => type);
      expect(outcomes.filter((type) => type === 'ok').length).toBeGreaterThan(10);
      for (const kind of cluster.kinds) kinds.add(kind);
    }
    expect([...kinds]).toEqual(
      expect.arrayContaining(['snapshotTaken', 'snapshotRestored', 'crash', 'crash point', 'stalled', 'stopped', 'roleChanged']),
    );
  });
});
