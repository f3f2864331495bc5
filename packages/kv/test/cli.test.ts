import { mkdir, open, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { MemoryCluster } from './memory-cluster.ts';
import { freePorts, hold } from './ports.ts';
import { ProcessCluster } from './process-cluster.ts';
import { type Exit, Program, run } from './program.ts';
import { until } from './until.ts';

const timeout = 60_000;

describe('client commands', () => {
  let cluster: MemoryCluster;
  let env: Record<string, string>;

  beforeAll(async () => {
    cluster = await MemoryCluster.start();
    env = { RAFT_KV_ENDPOINTS: cluster.members.map(({ server }) => server.url).join(',') };
  });

  afterAll(() => cluster[Symbol.asyncDispose]());

  const kv = (...args: string[]): Promise<Exit> => run(args, env);

  test('put, get and del a key', async () => {
    const stored = await kv('put', 'a/b', 'hello\n');
    expect(stored).toMatchObject({ code: 0, stdout: expect.stringMatching(/^revision \d+\n$/), stderr: '' });
    expect(await kv('get', 'a/b')).toEqual({ code: 0, stdout: 'hello\n', stderr: '' });
    expect(await kv('get', 'a/b', '--consistency', 'local')).toMatchObject({ code: expect.any(Number) });
    expect(await kv('del', 'a/b')).toEqual({ code: 0, stdout: 'deleted\n', stderr: '' });
    expect(await kv('del', 'a/b')).toEqual({ code: 0, stdout: 'there was no such key\n', stderr: '' });
    expect(await kv('get', 'a/b')).toEqual({ code: 1, stdout: '', stderr: 'raft-kv: there is no key "a/b"\n' });
  });

  test('cas writes if that revision stands, and exits with 1 if not', async () => {
    const first = await kv('cas', 'c', '1', '--revision', 'none', '--json');
    expect(first.code).toBe(0);
    const { revision } = JSON.parse(first.stdout) as { revision: number };
    expect((await kv('cas', 'c', '2', '--revision', `${revision}`)).code).toBe(0);
    expect(await kv('cas', 'c', '3', '--revision', `${revision}`)).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/revision \d+ stands/),
    });
    expect(await kv('cas', 'none', '3', '--revision', '7')).toMatchObject({ code: 1, stderr: expect.stringContaining('no such key') });
    expect((await kv('get', 'c')).stdout).toBe('2');
  });

  test('print JSON when asked', async () => {
    const stored = JSON.parse((await kv('put', 'j', 'ä', '--json')).stdout) as { revision: number };
    expect(JSON.parse((await kv('get', 'j', '--json')).stdout)).toEqual({ key: 'j', value: 'w6Q=', revision: stored.revision });
    const conflict = await kv('cas', 'j', 'x', '--revision', '1', '--json');
    expect([conflict.code, JSON.parse(conflict.stdout)]).toEqual([1, { revision: stored.revision }]);
    expect(JSON.parse((await kv('del', 'j', '--json')).stdout)).toEqual({ deleted: true });
    const statuses = JSON.parse((await kv('status', '--json')).stdout) as unknown[];
    expect(statuses).toHaveLength(3);
    expect(statuses[0]).toMatchObject({ endpoint: cluster.members[0]?.server.url, status: { id: 'n1' } });
  });

  test('status is a table over all endpoints, the unreachable too', async () => {
    const [gone] = await freePorts(1);
    const { code, stdout } = await run(['status', '--endpoints', `${env['RAFT_KV_ENDPOINTS']},http://127.0.0.1:${gone}`]);
    expect(code).toBe(0);
    const lines = stdout.trimEnd().split('\n');
    expect(lines[0]).toMatch(/^endpoint +id +role +term +leader +commit +applied +durable$/);
    expect(lines.slice(1, 4).filter((line) => / leader /.test(line))).toHaveLength(1);
    expect(lines.slice(1, 4).filter((line) => / follower /.test(line))).toHaveLength(2);
    expect(lines[4]).toMatch(/unreachable: .*ECONNREFUSED/);
  });

  test('exit with 4 when nobody can be reached: nothing happened', async () => {
    const [gone] = await freePorts(1);
    for (const args of [['put', 'k', 'v'], ['get', 'k'], ['del', 'k'], ['status']]) {
      const { code, stderr } = await run([...args, '--endpoints', `http://127.0.0.1:${gone}`]);
      expect(code).toBe(4);
      if (args[0] !== 'status') expect(stderr).toMatch(/^raft-kv: .*nothing happened.*ECONNREFUSED[^\n]*\n$/);
    }
  });

  test('exit with 5 when the outcome is unknown', async () => {
    const broken = await hold((await freePorts(1))[0] ?? 0);
    if (broken === undefined) throw new Error('the port was taken meanwhile');
    broken.on('connection', (socket) => socket.once('data', () => socket.destroy()));
    const { port } = broken.address() as { port: number };
    const { code, stderr } = await run(['put', 'k', 'v', '--endpoints', `http://127.0.0.1:${port}`]);
    expect({ code, stderr }).toEqual({ code: 5, stderr: expect.stringMatching(/^raft-kv: the outcome is unknown[^\n]*\n$/) });
    broken.close();
  });

  test.each([
    [[], /Usage: raft-kv/],
    [['frobnicate'], /^raft-kv: unknown command 'frobnicate'/],
    [['put', 'k'], /^raft-kv: missing required argument 'value'\n$/],
    [['get', 'k', '--frob'], /^raft-kv: unknown option '--frob'\n$/],
    [['get', 'k'], /^raft-kv: no endpoints: give --endpoints URL,… or set RAFT_KV_ENDPOINTS\n$/],
    [['get', 'k', '--endpoints', '127.0.0.1:8081'], /^raft-kv: --endpoints [^\n]* URLs [^\n]* not "127\.0\.0\.1:8081"\n$/],
    [['get', '', '--endpoints', 'http://127.0.0.1:1'], /^raft-kv: the key is empty\n$/],
    [
      ['get', 'k', '--endpoints', 'http://127.0.0.1:1', '--consistency', 'weak'],
      /^raft-kv: --consistency is linearizable or local, not weak\n$/,
    ],
    [['cas', 'k', 'v', '--endpoints', 'http://127.0.0.1:1'], /^raft-kv: --revision is missing/],
    [['cas', 'k', 'v', '--endpoints', 'http://127.0.0.1:1', '--revision', '-1'], /^raft-kv: --revision must be/],
    [['serve'], /^raft-kv: --id is missing[^\n]*\n(raft-kv: [^\n]*\n)*raft-kv: --cluster is missing[^\n]*\n$/],
  ])('exit with 2 and a sentence for a mistake: %j', async (args, message) => {
    const { code, stdout, stderr } = await run(args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(message);
  });

  test('--version prints the version', async () => {
    expect(await run(['--version'])).toMatchObject({ code: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\S*\n$/), stderr: '' });
  });

  test('--help exits with 0', async () => {
    expect(await run(['serve', '--help'])).toMatchObject({ code: 0, stdout: expect.stringContaining('--bootstrap'), stderr: '' });
  });
});

describe('serve refuses to start', () => {
  /** One sentence on stderr, and no stack. */
  function expectRefusal({ code, stderr }: Exit, expected: { readonly code: number; readonly sentence: RegExp }): void {
    expect(stderr).toMatch(/^raft-kv: [^\n]+\n$/);
    expect(stderr).toMatch(expected.sentence);
    expect(code).toBe(expected.code);
  }

  test('when a port is in use: 4', { timeout }, async () => {
    await using cluster = await ProcessCluster.create();
    const { args, url } = cluster.place('n1');
    const http = await hold(Number(new URL(url).port));
    expectRefusal(await run(args), { code: 4, sentence: /cannot serve HTTP on 127\.0\.0\.1:\d+: the port is in use/ });
    http?.close();
    const raft = await hold(Number(args[args.indexOf('--raft') + 1]?.split(':')[1]));
    expectRefusal(await run(args), { code: 4, sentence: /can't listen on tcp:.*another program listens there/ });
    raft?.close();
  });

  test('when the data is in use by another process: 3', { timeout }, async () => {
    await using cluster = await ProcessCluster.create();
    const first = cluster.run('n1');
    await until('the first one runs', () => first.stdout.includes('serves HTTP'));
    const { args } = cluster.place('n2');
    const other = args.map((arg) => (arg === cluster.place('n2').data ? cluster.place('n1').data : arg));
    expectRefusal(await run(other), { code: 3, sentence: /in use by another process/ });
  });

  test('when the data is not ours: 3', { timeout }, async () => {
    await using cluster = await ProcessCluster.create();
    const { args, data } = cluster.place('n1');
    await mkdir(data);
    await writeFile(join(data, 'notes.txt'), 'my notes');
    expectRefusal(await run(args), { code: 3, sentence: /notes\.txt/ });
    expect(await readFile(join(data, 'notes.txt'), 'utf8')).toBe('my notes');
  });

  test('when the data belongs to another node: 3', { timeout }, async () => {
    await using cluster = await ProcessCluster.start();
    await cluster.kill('n1', 'SIGINT');
    await cluster.kill('n2', 'SIGINT');
    const { args, data } = cluster.place('n1');
    const swapped = args.map((arg) => (arg === data ? cluster.place('n2').data : arg));
    expectRefusal(await run(swapped), { code: 3, sentence: /n2: .*belongs to node n2/ });
  });

  test('when the data is damaged: 3, with file and offset', { timeout }, async () => {
    await using cluster = await ProcessCluster.start();
    for (let n = 0; n < 5; n++)
      await until('a write', async () => (await cluster.client.put(`k${n}`, new Uint8Array(100))).outcome === 'stored');
    await cluster.kill('n1', 'SIGINT');
    const { args, data } = cluster.place('n1');
    const segment = (await readdir(data)).find((name) => name.startsWith('segment'));
    if (segment === undefined) throw new Error('there is no segment');
    await flipByte(join(data, segment), 150);
    expectRefusal(await run(args), { code: 3, sentence: new RegExp(`${segment}.*\\d`) });
  });

  test('and stops cleanly when asked to while it starts', { timeout }, async () => {
    await using cluster = await ProcessCluster.create();
    await using program = new Program(cluster.place('n1').args);
    await until('it has started', () => program.stdout.length > 0);
    expect((await program.kill('SIGINT')).code).toBe(0);
  });
});

async function flipByte(file: string, offset: number): Promise<void> {
  const handle = await open(file, 'r+');
  const byte = new Uint8Array(1);
  await handle.read(byte, 0, 1, offset);
  await handle.write(
    byte.map((value) => value ^ 0x10),
    0,
    1,
    offset,
  );
  await handle.close();
}
