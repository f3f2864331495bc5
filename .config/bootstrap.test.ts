import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const bootstrap = fileURLToPath(new URL('bootstrap.mjs', import.meta.url));
const run = (...args: string[]) => spawnSync(process.execPath, [bootstrap, ...args], { encoding: 'utf8' });

test('runs a program with its arguments and passes its exit code on', () => {
  expect(run('start', '--help')).toMatchObject({ status: 0, stdout: expect.stringContaining('--http-port PORT') });
  expect(run('start', '--http-port', 'many')).toMatchObject({ status: 2, stderr: expect.stringContaining('--http-port must be a port') });
});

test('names the programs that there are', () => {
  expect(run('stop')).toMatchObject({ status: 2, stderr: expect.stringContaining('use one of start, demo, test') });
});
