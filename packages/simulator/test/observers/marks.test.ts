import { describe, expect, test } from 'vitest';
import { runSeed } from '../../src/campaign/run-seed.ts';
import { markRows, marks } from '../../src/marks/table.ts';
import { unreached, watchMarks } from '../../src/marks/watch-marks.ts';
import { noop, Stage } from './one-node-stage.ts';

describe('coverage marks', () => {
  test('have an id each, and either watch or wait for a feature', () => {
    expect(new Set(markRows.map(({ id }) => id)).size).toBe(markRows.length);
    expect(markRows.filter((row) => 'watch' in row === 'waitsFor' in row)).toEqual([]);
  });

  test('count what was reached, and name what was not', () => {
    const { observer, reached } = watchMarks();
    const stage = new Stage({ also: [observer] });
    expect(unreached(reached())).toEqual(marks.map(({ id }) => id));
    stage.elect(1, 2);
    stage.write(0, { entries: [noop(2, 2)] });
    stage.step(0, { lastIndex: 2, durableIndex: 2 });
    stage.elect(2, 3);
    stage.write(0, { truncateFrom: 2, entries: [noop(2, 3)] });
    stage.step(2, { role: 'follower' });
    expect(reached().get('two-leaders-at-once')).toBe(0);
    expect(reached().get('leader-unheard-steps-down')).toBe(1);
    expect(unreached(reached())).not.toContain('leader-unheard-steps-down');
  });

  test('see entries that are cut while their write is under way', () => {
    const { observer, reached } = watchMarks();
    const stage = new Stage({ also: [observer] });
    stage.elect(1, 2);
    stage.hand(0, { entries: [noop(2, 2)] });
    stage.hand(0, { truncateFrom: 2 });
    expect(reached().get('append-aba')).toBe(1);
  });

  test('are mostly reached by a few seeds', async () => {
    const counts = new Map<string, number>();
    for (let seed = 1; seed <= 12; seed++) {
      const { observer, reached } = watchMarks();
      await runSeed({ seed, observers: [observer], wishes: { level: 'protocol' } });
      for (const [id, count] of reached()) counts.set(id, (counts.get(id) ?? 0) + count);
    }
    expect(unreached(counts).length).toBeLessThan(marks.length / 2);
  });
});
