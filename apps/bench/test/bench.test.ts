import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Report } from '../src/report.ts';

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));
const started: { readonly child: ChildProcess; readonly closed: Promise<unknown> }[] = [];
let directory = '';

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'raft-bench-test-'));
});
afterEach(async () => {
  // After a failure one may still run; it cleans up behind itself.
  for (const { child, closed } of started.splice(0)) {
    child.kill('SIGTERM');
    await closed;
  }
  await rm(directory, { recursive: true, force: true });
});

function startBench(...args: readonly string[]) {
  const child = spawn(process.execPath, [main, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  // 'close' waits for every process that inherited the pipes: for the bench's own children too.
  const bench = { child, stdout: text(child.stdout), closed: once(child, 'close') };
  started.push(bench);
  return bench;
}

describe('pnpm bench', () => {
  test.each(['memory', 'durable'])('%s: the figures of a short run agree with each other', async (workload) => {
    const json = join(directory, 'report.json');
    const args = [workload, '--clients', '1,16', '--seconds', '0.2', '--rounds', '2', '--stages', '--directory', directory, '--json', json];
    const { child, stdout, closed } = startBench(...args);
    child.stderr.pipe(process.stderr);
    expect(await closed).toEqual([0, null]);
    expect(await stdout).toContain('writes/s');

    const report = JSON.parse(await readFile(json, 'utf8')) as Report;
    expect(report.conditions.nodeVersion).toBe(process.version);
    expect(report.rows.map((row) => [row.workload, row.clients, row.rounds.length])).toEqual([
      [workload, 1, 2],
      [workload, 16, 2],
    ]);
    for (const { measurement, floorsBefore, floorsAfter } of report.rows.flatMap((row) => row.rounds)) {
      expect(measurement.committed).toBeGreaterThan(0);
      expect(measurement.latency.count).toBe(measurement.committed);
      expect(measurement.latency.p50Ms).toBeLessThanOrEqual(measurement.latency.p99Ms);
      expect(measurement.latency.p99Ms).toBeLessThanOrEqual(measurement.latency.maxMs);
      expect(measurement.cpuMicros.all).toBeGreaterThanOrEqual(measurement.cpuMicros.leader);
      if (measurement.ledThroughout && measurement.notCommitted === 0) expect(measurement.applied).toBe(measurement.committed);
      if (workload === 'memory') expect(measurement.syncs).toBeNull();
      // A majority's, that is: both followers' may be quicker than the leader's own.
      else expect(measurement.syncs?.all).toBeGreaterThanOrEqual(2);
      expect(Math.min(...Object.values(floorsBefore), ...Object.values(floorsAfter))).toBeGreaterThan(0);
    }
    const [single] = report.rows;
    const stages = single?.rounds[0]?.measurement.stages.map(({ stage }) => stage);
    expect(stages).toEqual(expect.arrayContaining(['leader: propose → outcome', 'follower: write → durable']));
    expect(await readdir(directory)).toEqual(['report.json']);
  });

  test('Ctrl-C ends every process and removes the temporary folder', async () => {
    const { child, closed } = startBench('memory', 'durable', '--clients', '4', '--directory', directory);
    let progress = '';
    await new Promise<void>((resolve) => {
      child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
        progress += chunk;
        if (progress.includes('round 1')) resolve();
      });
    });
    child.kill('SIGINT');
    expect(await closed).toEqual([130, null]);
    expect(await readdir(directory)).toEqual([]);
  });

  test('a mistake in the command line is explained, and nothing is started', async () => {
    const { child, closed } = startBench('--seconds', 'soon');
    const stderr = text(child.stderr);
    expect(await closed).toEqual([2, null]);
    expect(await stderr).toBe('error: --seconds must be a number\n');
  });
});
