import type { Socket } from 'node:net';
import { crc32, encodeMessage } from '@raft/wire';
import { afterEach, describe, expect, test } from 'vitest';
import type { TcpTransportOptions } from '../src/index.ts';
import { hello, RawPeer, rawServer } from './raw-peer.ts';
import { member, message, TestNode, until } from './test-node.ts';

const closing: (() => Promise<void>)[] = [];

async function start(options: TcpTransportOptions = {}): Promise<TestNode> {
  const node = await TestNode.start(member('n1'), options);
  closing.push(() => node.transport.close());
  return node;
}

/** A peer n2 that speaks bytes, connected. */
async function raw(node: TestNode): Promise<RawPeer> {
  const peer = await RawPeer.dial(node.port);
  closing.push(async () => void peer.socket.destroy());
  return peer;
}

afterEach(async () => {
  await Promise.all(closing.splice(0).map((close) => close()));
});

describe('a client that is no node', () => {
  test('is turned away with the reason when it speaks something else', async () => {
    const node = await start();
    const peer = await raw(node);
    peer.socket.write('GET / HTTP/1.1\r\nHost: here\r\n\r\n');
    await until(() => peer.isClosed);
    expect(node.refusals).toEqual(['127.0.0.1: not a Raft frame: it does not begin with "RAFT"']);
    expect(node.calls).toEqual([]);
  });

  test('is turned away whatever bytes it sends, and harms nobody', async () => {
    const node = await start();
    const friend = await raw(node);
    friend.socket.write(hello(member('n2')));
    await until(() => node.isConnected);
    const good = hello(member('n3'));
    for (let round = 0; round < 60; round += 1) {
      const bytes = good.slice();
      const at = (round * 13) % bytes.length;
      bytes[at] = (bytes[at] ?? 0) ^ (1 << (round % 8));
      const peer = await raw(node);
      peer.socket.end(bytes);
      await until(() => peer.isClosed);
    }
    expect(node.count('connected')).toBe(1);
    friend.socket.write(encodeMessage(message(5)));
    await until(() => node.rounds.length === 1);
  });

  test('is turned away when it says nothing', async () => {
    const node = await start({ handshakeTimeoutMs: 20 });
    const peer = await raw(node);
    await until(() => peer.isClosed);
    expect(node.refusals).toEqual(['127.0.0.1: no handshake within 20 ms']);
  });

  test('is turned away when its first frame is no handshake', async () => {
    const node = await start();
    const peer = await raw(node);
    peer.socket.write(encodeMessage(message(1)));
    await until(() => peer.isClosed);
    expect(node.refusals).toEqual(['127.0.0.1: the first frame was no handshake']);
    expect(node.rounds).toEqual([]);
  });

  test('is turned away when it announces a large frame before its handshake', async () => {
    const node = await start();
    const peer = await raw(node);
    peer.socket.write(encodeMessage(message(1, 100_000)).subarray(0, 64));
    await until(() => peer.isClosed);
    expect(node.refusals[0]).toMatch(/a frame of \d+ bytes came where 4096 are allowed/);
  });

  test('may leave without a word', async () => {
    const node = await start();
    const peer = await raw(node);
    await until(() => peer.frames.length === 1);
    peer.socket.end();
    await until(() => peer.isClosed);
    expect([node.refusals, node.calls]).toEqual([[], []]);
  });
});

describe('a node of another version', () => {
  test('is refused by a sentence when the ranges of versions do not meet', async () => {
    const node = await start();
    const peer = await raw(node);
    peer.socket.write(hello(member('n2'), { minVersion: 2, maxVersion: 3 }));
    await until(() => peer.isClosed);
    expect(node.refusals).toEqual(['n2 speaks versions 2 to 3 of the wire format, this node version 1']);
  });

  test('is refused by a sentence when even its frames are of another version', async () => {
    const node = await start();
    const server = await rawServer((socket: Socket) => {
      const frame = hello(member('n2')).slice();
      new DataView(frame.buffer).setUint16(4, 2);
      socket.write(frame);
    });
    closing.push(server.close);
    node.dial({ id: 'n2', address: server.address });
    await until(() => node.refusals.length > 0);
    expect(node.refusals[0]).toBe(`${server.address}: a frame of wire version 2 arrived, this node speaks version 1`);
  });
});

describe('a peer', () => {
  test('hears the handshake of the node that it dialled before it says its own', async () => {
    const node = await start();
    const peer = await raw(node);
    await until(() => peer.frames.length > 0);
    expect(peer.frames).toMatchObject([{ kind: 'handshake', handshake: member('n1') }]);
  });

  test('may send its frames byte by byte', async () => {
    const node = await start();
    const peer = await raw(node);
    const frames = [hello(member('n2')), ...[1, 2, 3].map((round) => encodeMessage(message(round)))];
    for (const frame of frames) for (const byte of frame) peer.socket.write(Uint8Array.of(byte));
    await until(() => node.rounds.length === 3);
    expect(node.rounds).toEqual([1, 2, 3]);
  });

  test('may send frames of a kind that is not known here', async () => {
    const node = await start();
    const peer = await raw(node);
    const unknown = encodeMessage(message(1)).slice();
    const view = new DataView(unknown.buffer);
    view.setUint16(6, 999);
    const headerChecksum = crc32(unknown.subarray(0, 16));
    view.setUint32(16, headerChecksum);
    view.setUint32(20, crc32(unknown.subarray(24), headerChecksum));
    for (const frame of [hello(member('n2')), unknown, encodeMessage(message(2))]) peer.socket.write(frame);
    await until(() => node.rounds.length > 0);
    expect(node.rounds).toEqual([2]);
  });

  test('loses its connection, and nobody else does, when it sends a damaged frame', async () => {
    const node = await start();
    const peer = await raw(node);
    const damaged = encodeMessage(message(2)).slice();
    damaged[damaged.length - 1] = 0xff;
    for (const frame of [hello(member('n2')), encodeMessage(message(1)), damaged, encodeMessage(message(3))]) peer.socket.write(frame);
    await until(() => node.count('disconnected') === 1);
    expect(node.calls).toEqual([
      { type: 'connected', id: 'n2' },
      { type: 'receive', id: 'n2', round: 1 },
      { type: 'disconnected', id: 'n2' },
    ]);
    expect(node.refusals).toEqual([expect.stringContaining('checksum')]);
  });

  test('loses its connection when it says that it is somebody else now', async () => {
    const node = await start();
    const peer = await raw(node);
    peer.socket.write(hello(member('n2')));
    await until(() => node.isConnected);
    peer.socket.write(hello(member('n2', '99')));
    await until(() => !node.isConnected);
    expect(node.refusals).toEqual(['n2 changed its identity on a standing connection']);
  });

  test('that does not read costs bounded memory: what does not fit is dropped and counted', async () => {
    const maxQueuedBytes = 1024 * 1024;
    const node = await start({ maxQueuedBytes });
    const peer = await raw(node);
    peer.socket.write(hello(member('n2')));
    await until(() => node.isConnected);
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
    node.transport.send(member('n2'), message(1));
    await until(() => peer.messages === sent + 1);
  });
});
