import { execFile } from 'node:child_process';
import { createServer as createHttpServer } from 'node:http';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Transport } from '@raft/core';
import { encodeMessage } from '@raft/wire';
import { afterEach, describe, expect, test } from 'vitest';
import { wsTransport } from '../src/index.ts';
import { wsServerTransport } from '../src/server.ts';
import { maxMessageBytes } from '../src/web-socket-channel.ts';
import { member, message } from './messages.ts';
import { hello, RawPeer, rawNode } from './raw-peer.ts';
import { addressOf, dialNode, type ServerNode, serverNode, type TestNode, until } from './test-node.ts';

const closing: (() => unknown)[] = [];

afterEach(async () => {
  await Promise.all(closing.splice(0).map((close) => close()));
});

async function start<T extends TestNode<Transport>>(node: T): Promise<T> {
  closing.push(() => node.transport.close());
  return node.start();
}

async function dialRaw(node: ServerNode): Promise<RawPeer> {
  const peer = await RawPeer.dial(addressOf(node));
  closing.push(() => peer.socket.terminate());
  return peer;
}

/** A peer n2 that speaks messages, connected. */
async function connectedRaw(node: ServerNode): Promise<RawPeer> {
  const peer = await dialRaw(node);
  peer.socket.send(hello(member('n2')));
  await until(() => node.isConnected);
  return peer;
}

describe('wsServerTransport', () => {
  test.each([
    [{ listen: 'nonsense' }, 'nonsense'],
    [{ listen: 'tcp://127.0.0.1:1' }, 'tcp://127.0.0.1:1'],
    [{ listen: 'wss://127.0.0.1:1/raft' }, 'give the https server as server'],
    [{ listen: 'ws://127.0.0.1:1/raft?a' }, 'no query'],
    [{ listen: 'ws://127.0.0.1:1', server: createHttpServer() }, 'one of them listens'],
    [{ path: '/raft' }, 'go with server'],
    [{ listen: 'ws://127.0.0.1:1', address: 'ws://here/' }, 'go with server'],
    [{ server: createHttpServer(), path: 'raft' }, '"raft"'],
    [{ server: createHttpServer(), path: '/räft' }, '"/räft"'],
    [{ server: createHttpServer(), path: '/raft?a' }, '"/raft?a"'],
    [{ server: createHttpServer(), address: 'http://here/' }, 'http://here/'],
    [{ maxQueuedBytes: 0 }, 'maxQueuedBytes'],
    [{ signOfLifeMs: Number.NaN }, 'signOfLifeMs'],
  ])('refuses %# at once, naming what is wrong', (options, words) => {
    expect(() => wsServerTransport(options)).toThrow(
      expect.objectContaining({ code: 'invalidArgument', message: expect.stringContaining(words) }),
    );
  });

  test('tells where it listens, with the port that it was given', async () => {
    const node = serverNode(member('n1'));
    expect(node.transport.address()).toBeUndefined();
    await start(node);
    expect(node.transport.address()).toMatch(/^ws:\/\/127\.0\.0\.1:[1-9]\d*\/raft$/);
    await node.transport.close();
    expect(node.transport.address()).toBeUndefined();
  });

  test('dials ws and wss', () => {
    expect(wsServerTransport().schemes).toEqual(['ws', 'wss']);
    expect(wsTransport().schemes).toEqual(['ws', 'wss']);
  });

  test('rejects with addressInUse, naming the address, when another listens there', async () => {
    const address = addressOf(await start(serverNode(member('n1'))));
    await expect(serverNode(member('n2'), { listen: address }).start()).rejects.toMatchObject({
      code: 'addressInUse',
      message: `can't listen on ${address}: another program listens there already`,
    });
  });

  test('rejects with invalidArgument when this machine has no such address', async () => {
    const listen = 'ws://192.0.2.1:0/raft';
    await expect(serverNode(member('n1'), { listen }).start()).rejects.toMatchObject({
      code: 'invalidArgument',
      message: expect.stringContaining(listen),
    });
  });

  test('works without listening, as a node that can only dial', async () => {
    const server = await start(serverNode(member('n1')));
    const client = await start(serverNode(member('n2'), {}));
    client.dial({ id: 'n1', address: addressOf(server) });
    await until(() => client.isConnected && server.isConnected);
    client.transport.send(member('n1'), message(1));
    await until(() => server.rounds.length === 1);
  });

  test.each([
    ['of the package ws', serverNode],
    ['of the platform', dialNode],
  ])('carries large messages both ways, in order, over a WebSocket %s', async (_, make) => {
    const [a, b] = [await start(serverNode(member('n1'))), await start(make(member('n2')))];
    b.dial({ id: 'n1', address: addressOf(a) });
    await until(() => a.isConnected && b.isConnected);
    const sizes = [1024 * 1024, 10, maxMessageBytes - 1, 3 * maxMessageBytes, 100];
    for (const [index, size] of sizes.entries()) {
      a.transport.send(member('n2'), message(index, size));
      b.transport.send(member('n1'), message(index, size));
    }
    await until(() => a.rounds.length === sizes.length && b.rounds.length === sizes.length);
    expect([a.rounds, b.rounds]).toEqual([
      [0, 1, 2, 3, 4],
      [0, 1, 2, 3, 4],
    ]);
  });

  test.each([
    ['of the package ws', serverNode],
    ['of the platform', dialNode],
  ])('delivers what was sent right before close, over a WebSocket %s', async (_, make) => {
    const [a, b] = [await start(serverNode(member('n1'))), await start(make(member('n2')))];
    b.dial({ id: 'n1', address: addressOf(a) });
    await until(() => a.isConnected && b.isConnected);
    for (let round = 1; round <= 100; round += 1) b.transport.send(member('n1'), message(round, 10_000));
    await b.transport.close();
    await until(() => !a.isConnected);
    expect(a.rounds).toHaveLength(100);
  });
});

describe('the stream of bytes', () => {
  test('leaves as one message per turn', async () => {
    const node = await start(serverNode(member('n1')));
    const peer = await connectedRaw(node);
    await until(() => peer.frames.length === 2);
    const before = peer.lengths.length;
    for (let round = 1; round <= 10; round += 1) node.transport.send(member('n2'), message(round));
    await until(() => peer.messages === 10);
    expect(peer.lengths.slice(before)).toHaveLength(1);
  });

  test('is cut into messages that are not too long for the other end', async () => {
    const node = await start(serverNode(member('n1')));
    const peer = await connectedRaw(node);
    node.transport.send(member('n2'), message(1, 1024 * 1024));
    await until(() => peer.messages === 1);
    expect(Math.max(...peer.lengths)).toBe(maxMessageBytes);
  });

  test('may come byte by byte, or with many frames in a message', async () => {
    const node = await start(serverNode(member('n1')));
    const peer = await dialRaw(node);
    for (const byte of hello(member('n2'))) peer.socket.send(Uint8Array.of(byte));
    const frames = [1, 2, 3].map((round) => encodeMessage(message(round)));
    peer.socket.send(Buffer.concat(frames));
    for (const byte of Buffer.concat(frames)) peer.socket.send(Uint8Array.of(byte));
    await until(() => node.rounds.length === 6);
    expect(node.rounds).toEqual([1, 2, 3, 1, 2, 3]);
  });

  test('ends with an empty message at either end, and the WebSocket when both have said so', async () => {
    const node = await start(serverNode(member('n1')));
    const peer = await connectedRaw(node);
    await until(() => peer.frames.length === 2);
    peer.socket.send(encodeMessage(message(1)));
    peer.socket.send(new Uint8Array());
    await until(() => peer.isClosed);
    expect([node.rounds, peer.lengths.at(-1), peer.closeCode]).toEqual([[1], 0, 1000]);
    expect(node.refusals).toEqual([]);
  });

  test('is still heard after this end has ended, until the other has', async () => {
    const [a, b] = [await start(serverNode(member('n1'))), await rawNode(member('n2'))];
    closing.push(b.close);
    a.dial({ id: 'n2', address: b.address });
    await until(() => a.isConnected);
    // The other end dials too, and now the smaller id, ours, ends one of two: what is under way on that still counts.
    const second = await connectedRaw(a);
    await until(() => second.lengths.at(-1) === 0);
    second.socket.send(encodeMessage(message(7)));
    second.socket.send(new Uint8Array());
    second.socket.send(encodeMessage(message(8)));
    await until(() => second.isClosed);
    // What comes after the end is nobody's.
    expect(a.rounds).toEqual([7]);
    expect([a.count('connected'), a.count('disconnected')]).toEqual([1, 0]);
  });

  test('costs bounded memory when the other end does not read: what does not fit is dropped and counted', async () => {
    const maxQueuedBytes = 1024 * 1024;
    const node = await start(serverNode(member('n1'), { maxQueuedBytes, signOfLifeMs: 3_600_000 }));
    const peer = await connectedRaw(node);
    peer.socket.pause();
    const size = 256 * 1024;
    const count = 400;
    for (let round = 1; round <= count; round += 1) {
      node.transport.send(member('n2'), message(round, size));
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
    const { sent, droppedQueueFull } = node.transport.counters();
    expect(sent + droppedQueueFull).toBe(count);
    // The system's own buffers take some megabytes more.
    expect(sent * size).toBeLessThan(maxQueuedBytes + 32 * 1024 * 1024);
    peer.socket.resume();
    await until(() => peer.messages === sent);
  });
});

test('a sign of life is not answered by who has said something just now: two nodes would never stop', async () => {
  const node = await start(serverNode(member('n1'), { signOfLifeMs: 3_600_000 }));
  const peer = await connectedRaw(node);
  for (let count = 0; count < 3; count += 1) peer.socket.send(hello(member('n2')));
  peer.socket.send(encodeMessage(message(1)));
  await until(() => node.rounds.length === 1);
  node.transport.send(member('n2'), message(2));
  await until(() => peer.messages === 1);
  expect(peer.frames.map(({ kind }) => kind)).toEqual(['handshake', 'handshake', 'message']);
});

describe('after close', () => {
  test('no timer, socket or listener is left, whatever was going on: the process ends', async () => {
    const script = new URL('./fixtures/close-in-the-midst.ts', import.meta.url);
    const { stdout } = await promisify(execFile)(process.execPath, [fileURLToPath(script)], { timeout: 50_000 });
    expect(stdout).toBe('left: \n');
  });

  test('of a transport that was never started, closing is no matter', async () => {
    const node = serverNode(member('n1'));
    await node.transport.close();
    await node.transport.close();
  });

  test('a peer that does not read holds nothing up, and neither does one that never ends', async () => {
    const hour = 3_600_000;
    const node = await start(serverNode(member('n1'), { handshakeTimeoutMs: hour }));
    const [deaf, stubborn] = [await connectedRaw(node), await dialRaw(node)];
    stubborn.socket.send(hello(member('n3')));
    await until(() => node.count('connected') === 2);
    deaf.socket.pause();
    for (let round = 1; round <= 100; round += 1) node.transport.send(member('n2'), message(round, 1024 * 1024));
    await node.transport.close();
  });
});
