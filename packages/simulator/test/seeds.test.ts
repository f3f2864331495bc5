import { describe, expect, test } from 'vitest';
import { runSeed } from '../src/campaign/run-seed.ts';

describe('a history', () => {
  test('is the same each time that its seed is run', async () => {
    for (const seed of [1, 2, 3, 5, 8, 13, 21, 34]) {
      const { hash, events } = await runSeed({ seed });
      expect(await runSeed({ seed, readable: true })).toMatchObject({ hash, events });
    }
  });

  test('is another one for each seed', async () => {
    const hashes = await Promise.all(Array.from({ length: 20 }, async (_, seed) => (await runSeed({ seed })).hash));
    expect(new Set(hashes).size).toBe(hashes.length);
  });
});
