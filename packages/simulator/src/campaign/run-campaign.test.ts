import { describe, expect, test } from 'vitest';
import { marks } from '../marks/table.ts';
import { runCampaign, runOne } from './run-campaign.ts';

describe('a campaign in one thread', () => {
  test('adds up what its seeds were', async () => {
    const told: number[] = [];
    const summary = await runCampaign({
      seeds: [3, 6],
      code: 'test',
      onSeed: ({ seed }) => {
        told.push(seed);
        return undefined;
      },
    });
    const results = [await runOne(3), await runOne(4), await runOne(5), await runOne(6)];
    expect(told).toEqual([3, 4, 5, 6]);
    expect(summary).toMatchObject({ seeds: [[3, 6]], failures: [], cpuSeconds: null, code: 'test' });
    expect(summary.events).toBe(results.reduce((sum, { events }) => sum + events, 0));
    expect(summary.simulatedUs).toBe(results.reduce((sum, { simulatedUs }) => sum + simulatedUs, 0));
    expect(Object.keys(summary.marks)).toEqual(marks.map(({ id }) => id).toSorted());
  });

  test('counts the CPU seconds that somebody tells it', async () => {
    let used = 10;
    const summary = await runCampaign({ seeds: [1, 1], code: 'test', cpuSeconds: () => used++ });
    expect(summary.cpuSeconds).toBe(1);
  });

  test('ends when somebody has seen enough, and is no whole campaign then', async () => {
    const summary = await runCampaign({ seeds: [1, 100], code: 'test', onSeed: ({ seed }) => (seed === 2 ? 'stop' : undefined) });
    expect(summary.seeds).toEqual([[1, 2]]);
  });
});
