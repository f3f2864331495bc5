import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { stateMachineSuite } from '@raft/conformance';
import { describe, expect, test } from 'vitest';
import { freePort } from '../src/browser/free-port.ts';
import { counter } from '../src/counter.ts';

const pathOf = (name: string): string => fileURLToPath(new URL(`../src/${name}.ts`, import.meta.url));
const readme = readFileSync(new URL('../../../README.md', import.meta.url), 'utf8');

test.each(['counter', 'cluster', 'browser/tab'])('the README shows %s.ts to the letter', (name) => {
  expect(readme).toContain(`\`\`\`ts\n${readFileSync(pathOf(name), 'utf8')}\`\`\``);
});

test('the README of the simulator shows simulate.ts to the letter, and what it prints', { timeout: 120_000 }, async () => {
  const source = readFileSync(pathOf('simulate'), 'utf8');
  const simulator = readFileSync(new URL('../../../packages/simulator/README.md', import.meta.url), 'utf8');
  expect(simulator).toContain(`\`\`\`ts\n${source}\`\`\``);
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [pathOf('simulate')]);
  expect([stdout.trim(), stderr]).toEqual([source.match(/\/\/ (.*)\n$/)?.[1], '']);
});

stateMachineSuite({
  runner: { describe, test },
  name: 'the counter of the README',
  create: counter,
  commands: Array.from({ length: 20 }, (_, position) => Uint8Array.of(position * 7)),
  queries: [undefined],
});

/** An entry's index depends on how many leaders were elected before. */
const withoutIndex = (line: string | undefined): string | undefined => line?.replace(/index: \d+/, 'index: …');

test('the cluster of the README prints what its comments say', async () => {
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [pathOf('cluster')]);
  expect(stderr).toBe('');
  const promised = [...readFileSync(pathOf('cluster'), 'utf8').matchAll(/^console\.log\(.*\/\/ (.*)$/gm)].map((match) => match[1]);
  expect(promised).toHaveLength(3);
  expect(stdout.trim().split('\n').map(withoutIndex)).toEqual(promised.map(withoutIndex));
});

/** The first line that each of three processes prints, which then stop. */
async function runMembers(folder: string, members: readonly string[]): Promise<string[]> {
  const processes: ChildProcess[] = [];
  const first = ['n1', 'n2', 'n3'].map(async (id) => {
    const child = spawn(process.execPath, [pathOf('member'), join(folder, id), id, ...members], { stdio: ['ignore', 'pipe', 'inherit'] });
    processes.push(child);
    const [line]: string[] = await once(createInterface({ input: child.stdout }), 'line');
    return line ?? '';
  });
  const lines = await Promise.all(first);
  await Promise.all(
    processes.map(async (child) => {
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
    }),
  );
  return lines;
}

test('the same counter over TCP and files goes on counting after all members were restarted', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'raft-examples-'));
  const ports = [await freePort(), await freePort(), await freePort()];
  const members = ports.map((port, position) => `n${position + 1}=tcp://127.0.0.1:${port}`);
  const results = (lines: readonly string[]) => lines.map((line) => Number(/outcome: 'committed'.*result: (\d+)/.exec(line)?.[1])).sort();
  expect(results(await runMembers(folder, members))).toEqual([1, 2, 3]);
  expect(results(await runMembers(folder, members))).toEqual([4, 5, 6]);
  rmSync(folder, { recursive: true });
});
