import { once } from 'node:events';
import { connect } from 'node:net';
import { encodeMessage } from '@raft/wire';
import { afterEach, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import type { WsServerTransportOptions } from '../src/server.ts';
import { maxMessageBytes } from '../src/web-socket-channel.ts';
import { member, message } from './messages.ts';
import { hello, RawPeer, rawNode, rawServer } from './raw-peer.ts';
import { addressOf, dialNode, type ServerNode, serverNode, until } from './test-node.ts';

const closing: (() => unknown)[] = [];

async function start(options: WsServerTransportOptions = {}): Promise<ServerNode> {
  const node = await serverNode(member('n1'), options).start();
  closing.push(() => node.transport.close());
  return node;
}

async function raw(node: ServerNode): Promise<RawPeer> {
  const peer = await RawPeer.dial(addressOf(node));
  closing.push(() => peer.socket.terminate());
  return peer;
}

afterEach(async () => {
  await Promise.all(closing.splice(0).map((close) => close()));
});

describe('a client that is no node', () => {
  test.each([
    [
      'something else',
      (peer: RawPeer) => peer.socket.send(new TextEncoder().encode('GET / HTTP/1.1\r\nHost: here')),
      'it does not begin with "RAFT"',
    ],
    ['text', (peer: RawPeer) => peer.socket.send('hello'), 'a message of text came where frames are bytes'],
    ['a message that is too long', (peer: RawPeer) => peer.socket.send(new Uint8Array(maxMessageBytes + 1)), 'Max payload size exceeded'],
    ['no handshake first', (peer: RawPeer) => peer.socket.send(encodeMessage(message(1))), 'the first frame was no handshake'],
    [
      'the start of a large frame before its handshake',
      (peer: RawPeer) => peer.socket.send(encodeMessage(message(1, 100_000)).subarray(0, 64)),
      'where 4096 are allowed',
    ],
  ])('is turned away with the reason when it sends %s, and harms nobody', async (_, send, reason) => {
    const node = await start();
    const friend = await raw(node);
    friend.socket.send(hello(member('n2')));
    await until(() => node.isConnected);
    const peer = await raw(node);
    send(peer);
    await until(() => peer.isClosed);
    expect(node.refusals).toEqual([expect.stringMatching(/^127\.0\.0\.1: /)]);
    expect(node.refusals[0]).toContain(reason);
    friend.socket.send(encodeMessage(message(5)));
    await until(() => node.rounds.length === 1);
    expect(node.calls).toEqual([
      { type: 'connected', id: 'n2' },
      { type: 'receive', id: 'n2', round: 5 },
    ]);
  });

  test('is turned away when it says nothing', async () => {
    const node = await start({ handshakeTimeoutMs: 20 });
    const peer = await raw(node);
    await until(() => peer.isClosed);
    expect(node.refusals).toEqual(['127.0.0.1: no handshake within 20 ms']);
  });

  test('is turned away when it does not even ask for a WebSocket', async () => {
    const node = await start({ handshakeTimeoutMs: 20 });
    const socket = connect(Number(new URL(addressOf(node)).port), '127.0.0.1');
    closing.push(() => socket.destroy());
    await once(socket.resume(), 'end');
    expect([node.refusals, node.calls]).toEqual([[], []]);
  });

  test('counts even if it says nothing at all', async () => {
    const node = await start({ maxConnections: 1, handshakeTimeoutMs: 3_600_000 });
    const port = Number(new URL(addressOf(node)).port);
    const sockets = [connect(port, '127.0.0.1'), connect(port, '127.0.0.1')];
    closing.push(() => sockets.map((socket) => socket.destroy()));
    await Promise.race(sockets.map((socket) => once(socket.resume(), 'close')));
    expect(sockets.filter((socket) => !socket.closed)).toHaveLength(1);
  });

  test('is not waited for when it was turned away and stays, or is still asking', async () => {
    const node = await start({ handshakeTimeoutMs: 3_600_000 });
    const open = () => connect({ port: Number(new URL(addressOf(node)).port), host: '127.0.0.1', allowHalfOpen: true });
    const [half, socket] = [open(), open()];
    closing.push(() => [half, socket].map((each) => each.destroy()));
    half.resume().write('GET /raft HTT');
    await once(half, 'connect');
    socket.write('GET /else HTTP/1.1\r\nHost: here\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
    await once(socket.resume(), 'end');
    await node.transport.close();
  });

  test('may reset its connection while it is turned away', async () => {
    const node = await start();
    for (let count = 0; count < 20; count += 1) {
      const socket = connect(Number(new URL(addressOf(node)).port), '127.0.0.1');
      await once(socket, 'connect');
      socket.write('GET /else HTTP/1.1\r\nHost: here\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
      socket.resetAndDestroy();
    }
    const peer = await raw(node);
    await until(() => peer.frames.length === 1);
  });

  test('may leave without a word', async () => {
    const node = await start();
    const peer = await raw(node);
    await until(() => peer.frames.length === 1);
    peer.socket.close();
    await until(() => peer.isClosed);
    expect([node.refusals, node.calls]).toEqual([[], []]);
  });

  test('is not let compress, so that what it sends is as long as it seems', async () => {
    const node = await start();
    const peer = await RawPeer.dial(addressOf(node), { perMessageDeflate: true });
    expect(peer.socket.extensions).toBe('');
    peer.socket.terminate();
  });

  test('hears that a WebSocket is needed when it asks for a page', async () => {
    const node = await start();
    const response = await fetch(addressOf(node).replace('ws:', 'http:'));
    expect([response.status, response.headers.get('upgrade')]).toEqual([426, 'websocket']);
  });

  test('hears that nothing is there when it asks for another path', async () => {
    const node = await start();
    await expect(RawPeer.dial(`${addressOf(node)}/else`)).rejects.toThrow('Unexpected server response: 404');
  });

  test('is turned away while as many as are allowed are there, and taken when one has gone', async () => {
    const node = await start({ maxConnections: 2 });
    const peers = [await raw(node), await raw(node)];
    await expect(raw(node)).rejects.toThrow();
    peers[0]?.socket.close();
    await until(() => peers[0]?.isClosed === true);
    await raw(node);
  });
});

describe('a peer', () => {
  test.each([
    ['a damaged frame', () => encodeMessage(message(2)).with(-1, 0xff), 'checksum'],
    ['text', () => 'hello', 'a message of text'],
    ['a message that is too long', () => new Uint8Array(maxMessageBytes + 1), 'Max payload size exceeded'],
  ])('loses its connection when it sends %s', async (_, wrong, reason) => {
    const node = await start();
    const peer = await raw(node);
    for (const data of [hello(member('n2')), encodeMessage(message(1)), wrong(), encodeMessage(message(3))]) peer.socket.send(data);
    await until(() => node.count('disconnected') === 1);
    expect(node.calls).toEqual([
      { type: 'connected', id: 'n2' },
      { type: 'receive', id: 'n2', round: 1 },
      { type: 'disconnected', id: 'n2' },
    ]);
    expect(node.refusals).toEqual([expect.stringContaining(reason)]);
  });

  test('loses its connection when it goes on after it has said that it ends', async () => {
    const node = await start();
    const peer = await raw(node);
    for (const data of [hello(member('n2')), new Uint8Array(), encodeMessage(message(1))]) peer.socket.send(data);
    await until(() => peer.isClosed);
    expect(node.rounds).toEqual([]);
  });

  test('is told to be disconnected when its connection breaks', async () => {
    const node = await start();
    const peer = await raw(node);
    peer.socket.send(hello(member('n2')));
    await until(() => node.isConnected);
    peer.socket.terminate();
    await until(() => !node.isConnected);
    expect(node.refusals).toEqual([]);
  });
});

describe.each([
  ['the package ws', serverNode],
  ["the platform's WebSocket", dialNode],
])('a node that dials with %s', (_, make) => {
  test('gives up a peer that shows no sign of life, and dials it again', async () => {
    const silent = await rawNode(member('n1'));
    closing.push(silent.close);
    const node = await make(member('n2'), { signOfLifeMs: 5 }).start();
    closing.push(() => node.transport.close());
    node.dial({ id: 'n1', address: silent.address });
    await until(() => node.count('connected') === 2);
    expect(node.refusals[0]).toBe('n1 gave no sign of life for 5 intervals');
    expect(node.calls.map((call) => call.type)).toEqual(['connected', 'disconnected', 'connected']);
  });

  test('is told that a server closes the connection without a handshake', async () => {
    const rude = await rawServer(({ socket }) => socket.close());
    closing.push(rude.close);
    const node = await make(member('n2')).start();
    closing.push(() => node.transport.close());
    node.dial({ id: 'n1', address: rude.address });
    await until(() => node.refusals.length > 0);
    expect(node.refusals[0]).toBe(`${rude.address}: it closed the connection without a handshake`);
  });

  test('is told that a connection breaks before the handshake', async () => {
    const broken = await rawServer(({ socket }) => socket.terminate());
    closing.push(broken.close);
    const node = await make(member('n2')).start();
    closing.push(() => node.transport.close());
    node.dial({ id: 'n1', address: broken.address });
    await until(() => node.refusals.length > 0);
    expect(node.refusals[0]).toBe(`${broken.address}: the connection broke`);
  });

  test('gives up a server that says nothing', async () => {
    const mute = await rawServer(() => undefined);
    closing.push(mute.close);
    const node = await make(member('n2'), { handshakeTimeoutMs: 30 }).start();
    closing.push(() => node.transport.close());
    node.dial({ id: 'n1', address: mute.address });
    await until(() => mute.peers.length > 1);
    expect(node.refusals).toEqual([`${mute.address}: no handshake within 30 ms`]);
  });

  test('reports an address that is none, and goes on', async () => {
    const other = await start();
    const node = await make(member('n2')).start();
    closing.push(() => node.transport.close());
    node.dial({ id: 'n3', address: 'nonsense' }, { id: 'n4', address: 'tcp://127.0.0.1:1' }, { id: 'n1', address: addressOf(other) });
    await until(() => node.isConnected);
    expect(node.refusals).toEqual([expect.stringContaining('"nonsense"'), expect.stringContaining('"tcp://127.0.0.1:1"')]);
  });

  test('tries again until somebody is there, and says meanwhile what it knows', async () => {
    const place = await start();
    const address = addressOf(place);
    await place.transport.close();
    const node = await make(member('n2')).start();
    closing.push(() => node.transport.close());
    node.dial({ id: 'n1', address });
    await until(() => node.refusals.length > 0);
    expect(node.refusals[0]).toMatch(
      /^ws:\/\/127\.0\.0\.1:\d+\/raft: (connect ECONNREFUSED|could not connect, and the platform does not say why)/,
    );
    await start({ listen: address });
    await until(() => node.isConnected);
  });
});

test('a page is refused when its origin is neither the host nor listed, and anybody else is not', async () => {
  const node = await start({ origins: ['https://app.example'] });
  const address = addressOf(node);
  const { host } = new URL(address);
  for (const origin of [`http://${host}`, `https://${host}`, 'https://app.example', undefined]) {
    const peer = await RawPeer.dial(address, origin === undefined ? {} : { origin });
    peer.socket.close();
  }
  for (const origin of ['https://evil.example', 'http://127.0.0.1', 'http://app.example', 'null']) {
    const socket = new WebSocket(address, { origin });
    const [error] = await once(socket, 'error');
    expect(error.message).toBe('Unexpected server response: 403');
  }
  expect(node.refusals).toHaveLength(4);
  expect(node.refusals[0]).toBe('127.0.0.1: a page of https://evil.example may not connect here: it is none of the origins');
});

test('an origin that is longer than any is not remembered', async () => {
  const node = await start();
  const socket = new WebSocket(addressOf(node), { origin: `https://${'x'.repeat(10_000)}.example` });
  const [error] = await once(socket, 'error');
  expect(error.message).toBe('Unexpected server response: 400');
  expect(node.refusals).toEqual([]);
});
