import { expect, test } from 'vitest';
import type { DemoReport } from '../src/summary.ts';
import { Program } from './program.ts';

test('the demo kills three leaders under load and finds every acknowledged write through every node', { timeout: 180_000 }, async () => {
  await using program = new Program('demo', ['--json']);
  const code = await program.end();
  expect(program.lines.join('\n')).toContain('Nothing was lost.');
  expect(code).toBe(0);
  const report: DemoReport = JSON.parse(program.lines.find((line) => line.startsWith('{')) ?? '{}');
  expect(report.lost).toEqual([]);
  expect(report.keys).toBeGreaterThanOrEqual(5000);
  expect(report.acknowledged).toBe(report.keys + report.overwrites);
  expect(report.kills).toHaveLength(3);
  for (const kill of report.kills) expect(kill.leader).not.toBe(kill.killed);
  expect(report.verified.map(({ id }) => id)).toEqual(['n1', 'n2', 'n3']);
  // Keys whose only write is of unknown fate are read too.
  for (const { keys } of report.verified) expect(keys).toBeGreaterThanOrEqual(report.keys);
});

test('an interrupted demo cleans up and says that it checked nothing', async () => {
  await using program = new Program('demo', []);
  await program.untilSays(/formed a cluster/);
  program.kill('SIGINT');
  expect(await program.end()).toBe(130);
  expect(program.lines.at(-1)).toBe('Interrupted; nothing was checked.');
});
