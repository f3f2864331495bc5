import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { type ChildEvent, SupervisedChild } from '../src/supervised-child.ts';

const fixture = fileURLToPath(new URL('fixtures/child.ts', import.meta.url));
const guard = new URL('../src/guard.ts', import.meta.url).href;

/** A child that does what the word says, and its events to wait for. */
function supervise(what: string, stopGraceMs = 30_000) {
  const events: ChildEvent[] = [];
  const waiting: { type: ChildEvent['type']; count: number; resolve: () => void }[] = [];
  const seen = (type: ChildEvent['type']) => events.filter((event) => event.type === type).length;
  const child = new SupervisedChild({
    command: [process.execPath, '--import', guard, fixture, what],
    refusals: new Set([3]),
    backoff: { firstDelayMs: 1, maxDelayMs: 4, healthyMs: 60_000 },
    stopGraceMs,
    report: (event) => {
      events.push(event);
      for (const waiter of waiting) if (seen(waiter.type) >= waiter.count) waiter.resolve();
    },
  });
  const until = (type: ChildEvent['type'], count = 1): Promise<void> =>
    new Promise((resolve) => {
      waiting.push({ type, count, resolve });
      if (seen(type) >= count) resolve();
    });
  return { child, events, until };
}

function pidOf(events: readonly ChildEvent[]): number {
  const started = events.findLast((event) => event.type === 'started');
  return started?.type === 'started' ? started.pid : 0;
}

test('a child that dies is started again, with growing delays', async () => {
  const { child, events, until } = supervise('die');
  child.start();
  await until('died', 4);
  await child.stop();
  const deaths = events.filter((event) => event.type === 'died');
  expect(deaths.slice(0, 4)).toEqual(
    [1, 2, 4, 4].map((delayMs) => ({ type: 'died', how: 'exit code 1', why: 'Error: on purpose', delayMs })),
  );
});

test('a child that refuses to start is left alone, and what it said is passed on', async () => {
  const { child, events, until } = supervise('refuse');
  child.start();
  await until('refused');
  expect(child.wanted).toBe(false);
  expect(events).toContainEqual({ type: 'said', stream: 'err', line: 'this data is not mine' });
  expect(events.at(-1)).toEqual({ type: 'refused', code: 3 });
  await child.stop();
});

test('a child that someone kills is started again', async () => {
  const { child, events, until } = supervise('live');
  child.start();
  await until('said');
  const first = pidOf(events);
  process.kill(first, 'SIGKILL');
  await until('said', 2);
  expect(events).toContainEqual({ type: 'died', how: 'SIGKILL', why: '', delayMs: 1 });
  expect(pidOf(events)).not.toBe(first);
  await child.stop();
});

test('a child that we kill stays down until it is started', async () => {
  const { child, events, until } = supervise('live');
  child.start();
  await until('said');
  await child.kill();
  expect(child.wanted).toBe(false);
  child.start();
  await until('said', 2);
  await child.stop();
  expect(events.map((event) => event.type)).toEqual(['started', 'said', 'started', 'said']);
});

test('a child that does not stop when asked to is killed', async () => {
  const { child, events, until } = supervise('ignore', 1);
  child.start();
  await until('said');
  await child.stop();
  expect(events).toContainEqual({ type: 'killed' });
});

test('stopping while a restart is awaited prevents it', async () => {
  const { child, events, until } = supervise('die');
  child.start();
  await until('died');
  await child.stop();
  expect(child.wanted).toBe(false);
  const count = events.length;
  await new Promise((resolve) => setImmediate(resolve));
  expect(events).toHaveLength(count);
});

test('a child ends when its supervisor is killed', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const supervisor = spawn(process.execPath, [fileURLToPath(new URL('fixtures/supervisor.ts', import.meta.url)), fixture, String(port)]);
  const [life]: Socket[] = await once(server, 'connection');
  supervisor.kill('SIGKILL');
  // The child holds this connection as long as it lives.
  life?.on('error', () => undefined).resume();
  if (life !== undefined) await once(life, 'close');
  server.close();
});
