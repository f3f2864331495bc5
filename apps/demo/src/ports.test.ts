import { once } from 'node:events';
import { createServer } from 'node:net';
import { expect, test } from 'vitest';
import { host } from './members.ts';
import { freePorts, portTrouble } from './ports.ts';

test('free ports are all different, and free', async () => {
  const { http, raft } = await freePorts(3);
  const all = [...http, ...raft];
  expect(new Set(all).size).toBe(6);
  expect(await Promise.all(all.map((port) => portTrouble(port, 'HTTP of n1')))).toEqual(all.map(() => undefined));
});

test('a port in use is named in a sentence', async () => {
  const server = createServer().listen(0, host);
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  expect(await portTrouble(port, 'HTTP of n1')).toBe(`port ${port} on 127.0.0.1, HTTP of n1: in use`);
  server.close();
  await once(server, 'close');
});
