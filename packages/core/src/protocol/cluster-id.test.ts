import { clusterIdSchema } from '@raft/wire';
import { describe, expect, test } from 'vitest';
import { clusterIdOf } from './cluster-id.ts';

const n1 = { id: 'n1', storageId: '1'.repeat(32) };
const n2 = { id: 'n2', storageId: '2'.repeat(32) };

describe('the id of a cluster', () => {
  test('is the same for the same map, in whatever order', () => {
    expect(clusterIdOf('orders', [n1, n2])).toBe(clusterIdOf('orders', [n2, n1]));
    expect(clusterIdSchema.safeParse(clusterIdOf('orders', [n1, n2])).success).toBe(true);
  });

  test('differs with the name, the members and their storages', () => {
    const ids = [
      clusterIdOf('orders', [n1, n2]),
      clusterIdOf('order', [n1, n2]),
      clusterIdOf('orders', [n1]),
      clusterIdOf('orders', [n1, { ...n2, storageId: '3'.repeat(32) }]),
    ];
    expect(new Set(ids).size).toBe(ids.length);
  });
});
