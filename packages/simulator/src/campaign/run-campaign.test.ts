import { describe, expect, test } from 'vitest';
import { marks } from '../marks/table.ts';
import { runCampaign, runOne } from './run-campaign.ts';

describe('a campaign in one thread', () => {
  test('adds up what its seeds were', async () => {
    const told: number[] = [];
    const summary = await runCampaign({
      seeds: [18, 20],
      code: 'test',
      onSeed: ({ seed }) => {
        told.push(seed);
        return undefined;
      },
    });
    const results = [await runOne(18), await runOne(19), await runOne(20)];
    expect(told).toEqual([18, 19, 20]);
    expect(summary).toMatchObject({ seeds: [[18, 20]], failures: [], cpuSeconds: null, code: 'test' });
    expect(summary.events).toBe(results.reduce((sum, { events }) => sum + events, 0));
    expect(summary.simulatedUs).toBe(results.reduce((sum, { simulatedUs }) => sum + simulatedUs, 0));
    expect(Object.keys(summary.marks)).toEqual(marks.map(({ id }) => id).toSorted());
  });

  test('counts the CPU seconds that somebody tells it', async () => {
    let used = 10;
    const summary = await runCampaign({ seeds: [20, 20], code: 'test', cpuSeconds: () => used++ });
    expect(summary.cpuSeconds).toBe(1);
  });

  test('ends when somebody has seen enough, and is no whole campaign then', async () => {
    const summary = await runCampaign({ seeds: [20, 100], code: 'test', onSeed: ({ seed }) => (seed === 21 ? 'stop' : undefined) });
    expect(summary.seeds).toEqual([[20, 21]]);
  });
});
