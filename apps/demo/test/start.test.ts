import { once } from 'node:events';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { kvClient } from '@raft/kv';
import { describe, expect, test } from 'vitest';
import { endpointOf, host, planMembers } from '../src/members.ts';
import { findPlace, type Place } from './place.ts';
import { Program } from './program.ts';

const timeout = 180_000;
const ready = /Ctrl-C stops the cluster/;

function endpoints({ folder, httpPort, raftPort }: Place): string[] {
  const three = (first: number) => [first, first + 1, first + 2];
  return planMembers(folder, { http: three(httpPort), raft: three(raftPort) }).map(endpointOf);
}

/** The process ids of the nodes, in the order in which they were started; `--verbose` tells them. */
function processes(program: Program): number[] {
  return program.lines.flatMap((line) => /started as process (\d+)/.exec(line)?.slice(1).map(Number) ?? []);
}

async function stop(program: Program): Promise<void> {
  program.kill('SIGINT');
  expect(await program.end()).toBe(0);
  expect(program.lines.at(-1)).toMatch(/^Stopped\./);
}

// They mostly wait: for elections, and for processes to start.
describe.concurrent('npm start', () => {
  test('serves, starts a node again that was killed, stops when told to, and finds its data again', { timeout }, async () => {
    using place = await findPlace();
    const urls = endpoints(place);
    {
      await using program = new Program('start', [...place.args, '--verbose']);
      await program.untilSays(ready);
      expect(program.lines.filter((line) => /leader of term/.test(line))).toHaveLength(1);
      using client = kvClient({ endpoints: urls });
      expect(await client.put('greeting', new TextEncoder().encode('hello'))).toMatchObject({ outcome: 'stored' });

      process.kill(processes(program)[0] ?? 0, 'SIGKILL');
      await program.untilSays(/n\d died \(SIGKILL\); starting it again/);
      await program.until(() => processes(program).length === 4);
      for (const url of urls) {
        using one = kvClient({ endpoints: [url] });
        await expect.poll(async () => (await one.get('greeting')).outcome, { timeout: 30_000 }).toBe('found');
      }
      await stop(program);
    }
    await using program = new Program('start', place.args);
    await program.untilSays(ready);
    using client = kvClient({ endpoints: urls.slice(2) });
    const found = { outcome: 'found', value: new TextEncoder().encode('hello') };
    await expect.poll(() => client.get('greeting'), { timeout: 30_000 }).toMatchObject(found);
    await stop(program);
  });

  test('says in a sentence that a port is in use', async () => {
    using place = await findPlace();
    const server = createServer().listen(place.httpPort + 1, host);
    await once(server, 'listening');
    await using program = new Program('start', place.args);
    expect(await program.end()).toBe(4);
    expect(program.lines).toContain(`  port ${place.httpPort + 1} on ${host}, HTTP of n2: in use`);
    expect(program.lines.join('\n')).not.toContain('    at ');
    server.close();
  });

  test('leaves a node alone that refuses its data, and goes on with the others', { timeout }, async () => {
    using place = await findPlace();
    {
      await using program = new Program('start', place.args);
      await program.untilSays(ready);
      await stop(program);
    }
    rmSync(join(place.folder, 'n3'), { recursive: true });
    mkdirSync(join(place.folder, 'n3'));
    writeFileSync(join(place.folder, 'n3', 'holiday.txt'), 'sun');
    await using program = new Program('start', place.args);
    await program.untilSays(/^n3: .*holiday[.]txt/);
    await program.untilSays(/n3 refuses to start \(exit code 3\) and is left alone/);
    await program.untilSays(ready);
    expect(program.lines.some((line) => /n3 +http.* (not running|no answer yet)/.test(line))).toBe(true);
    await stop(program);
  });

  // Every line is a moment: a node has started, serves, waits for others, is connected, has formed, leads.
  test.each([
    [1, 'SIGINT'],
    [5, 'SIGKILL'],
    [8, 'SIGINT'],
    [11, 'SIGKILL'],
    [14, 'SIGINT'],
    [17, 'SIGKILL'],
    [20, 'SIGINT'],
  ] as const)('forms after its very first start was interrupted at line %i by %s', { timeout }, async (count, signal) => {
    using place = await findPlace();
    {
      await using program = new Program('start', [...place.args, '--verbose']);
      await program.until((lines) => lines.length >= count);
      if (signal === 'SIGKILL') for (const id of processes(program)) process.kill(id, signal);
      program.kill(signal);
      await program.end();
    }
    await using program = new Program('start', place.args);
    await program.untilSays(ready);
    await stop(program);
  });
});
