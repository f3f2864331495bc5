import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { afterEach, describe, expect, test } from 'vitest';
import { WebSocketServer } from 'ws';
import type { WsServerTransportOptions } from '../src/server.ts';
import { selfSigned } from './certificate.ts';
import { member, message } from './messages.ts';
import { RawPeer } from './raw-peer.ts';
import { addressOf, dialNode, type ServerNode, serverNode, until } from './test-node.ts';

const closing: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** Somebody's HTTP server, which answers every request. */
async function openServer(): Promise<Server> {
  const server = createServer((_, response) => response.end('a page'));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closing.push(async () => {
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
  });
  return server;
}

async function start(id: string, options: WsServerTransportOptions): Promise<ServerNode> {
  const node = await serverNode(member(id), options).start();
  closing.push(() => node.transport.close());
  return node;
}

const hostOf = (server: Server): string => `127.0.0.1:${(server.address() as AddressInfo).port}`;

async function textAt(server: Server): Promise<string> {
  return (await fetch(`http://${hostOf(server)}/`)).text();
}

describe('a server that is shared', () => {
  test('serves its pages, and the nodes at their paths', async () => {
    const server = await openServer();
    const [a, b] = [await start('n1', { server }), await start('n2', { server, path: '/group/2' })];
    expect([addressOf(a), addressOf(b)]).toEqual([`ws://${hostOf(server)}/raft`, `ws://${hostOf(server)}/group/2`]);
    a.dial({ id: 'n2', address: `${addressOf(b)}?query=of%20no%20matter` });
    await until(() => a.isConnected && b.isConnected);
    a.transport.send(member('n2'), message(1));
    await until(() => b.rounds.length === 1);
    expect(await textAt(server)).toBe('a page');
  });

  test('goes on when a node closes, without a trace of it', async () => {
    const server = await openServer();
    const [a, b] = [await start('n1', { server }), await start('n2', { server, path: '/2' })];
    const address = addressOf(a);
    const peer = await RawPeer.dial(address);
    await a.transport.close();
    await until(() => peer.isClosed);
    expect(await textAt(server)).toBe('a page');
    await expect(RawPeer.dial(address)).rejects.toThrow('404');
    await b.transport.close();
    expect(server.listenerCount('upgrade')).toBe(0);
    expect(server.listening).toBe(true);
  });

  test('takes a node again at the path that another one left', async () => {
    const server = await openServer();
    const first = await start('n1', { server });
    await first.transport.close();
    const second = await start('n1', { server });
    const peer = await RawPeer.dial(addressOf(second));
    await until(() => peer.frames.length === 1);
  });

  test('gives a path to one node only', async () => {
    const server = await openServer();
    await start('n1', { server });
    await expect(serverNode(member('n2'), { server }).start()).rejects.toMatchObject({
      code: 'addressInUse',
      message: 'another transport takes /raft at this server already',
    });
  });

  test('keeps other upgrades for whoever else listens for them', async () => {
    const server = await openServer();
    await start('n1', { server });
    const chat = new WebSocketServer({ noServer: true });
    server.on('upgrade', (request, socket, head) => {
      if (request.url === '/chat') chat.handleUpgrade(request, socket, head, (webSocket) => webSocket.send(new Uint8Array()));
    });
    const peer = await RawPeer.dial(`ws://${hostOf(server)}/chat`);
    await until(() => peer.lengths.length === 1);
    peer.socket.terminate();
  });

  test('gives a node no more connections than it takes, and answers the others', async () => {
    const server = await openServer();
    const node = await start('n1', { server, maxConnections: 1 });
    const peer = await RawPeer.dial(addressOf(node));
    await expect(RawPeer.dial(addressOf(node))).rejects.toThrow('503');
    expect(await textAt(server)).toBe('a page');
    peer.socket.terminate();
  });

  test('need not listen yet when the node starts', async () => {
    const server = createServer();
    const node = await start('n1', { server });
    expect(node.transport.address()).toBeUndefined();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    closing.push(() => server.close());
    expect(node.transport.address()).toBe(`ws://${hostOf(server)}/raft`);
  });

  test('may have another address than it knows', async () => {
    const server = await openServer();
    const node = await start('n1', { server, address: 'wss://node1.example/raft' });
    expect(node.transport.address()).toBe('wss://node1.example/raft');
  });

  test.each([
    ['of the package ws', serverNode],
    ['of the platform', dialNode],
  ])('is dialled as wss when it speaks TLS, with a WebSocket %s', async (_, make) => {
    const certificate = selfSigned();
    const trusted = getCACertificates('default');
    setDefaultCACertificates([...trusted, certificate.cert]);
    closing.push(() => setDefaultCACertificates(trusted));
    const server = createSecureServer(certificate);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    closing.push(() => server.close());
    const node = await start('n1', { server });
    expect(addressOf(node)).toMatch(/^wss:\/\/127\.0\.0\.1:\d+\/raft$/);
    const other = await make(member('n2')).start();
    closing.push(() => other.transport.close());
    other.dial({ id: 'n1', address: addressOf(node) });
    await until(() => node.isConnected && other.isConnected);
    other.transport.send(member('n1'), message(1, 100_000));
    await until(() => node.rounds.length === 1);
  });
});
