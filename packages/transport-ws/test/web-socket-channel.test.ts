import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, describe, expect, test } from 'vitest';
import { WebSocketChannel } from '../src/web-socket-channel.ts';
import { type RawPeer, type RawServer, rawServer } from './raw-peer.ts';
import { until } from './test-node.ts';

const servers: RawServer[] = [];

afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

/** A channel over the platform's WebSocket, which can't be broken off, and what it tells. */
async function dial(onPeer: (peer: RawPeer) => void = () => undefined) {
  const server = await rawServer(onPeer);
  servers.push(server);
  const socket = new WebSocket(server.address);
  socket.binaryType = 'arraybuffer';
  const channel = new WebSocketChannel({ socket, source: server.address, isOpen: false });
  socket.onopen = () => channel.opened();
  socket.onmessage = ({ data }) => channel.received(new Uint8Array(data));
  socket.onclose = () => channel.closed();
  const told: string[] = [];
  channel.open({
    received: () => told.push('received'),
    ended: () => told.push('ended'),
    broken: () => told.push('broken'),
    closed: () => told.push('closed'),
  });
  return { channel, socket, told, peers: server.peers };
}

describe('WebSocketChannel', () => {
  test('says that it ends as soon as it can, if it was ended before it was open', async () => {
    const { channel, peers } = await dial();
    channel.end();
    await until(() => peers[0]?.lengths.length === 1);
    expect(peers[0]?.lengths).toEqual([0]);
  });

  test('sends nothing after its end, which it says once', async () => {
    const { channel, socket, peers } = await dial();
    await until(() => socket.readyState === WebSocket.OPEN);
    channel.end();
    channel.write(new Uint8Array(7));
    channel.end();
    channel.closeSoon();
    await until(() => peers[0]?.isClosed === true);
    expect(peers[0]?.lengths).toEqual([0]);
  });

  test('tells that it is closed as soon as it is destroyed, and nothing more, whatever the other end still sends', async () => {
    const { channel, socket, told } = await dial((peer) => {
      for (let length = 5; length >= 0; length -= 1) peer.socket.send(new Uint8Array(length));
    });
    await until(() => told.length > 0);
    told.splice(0);
    channel.destroy();
    expect(told).toEqual([]);
    await turn();
    expect(told).toEqual(['closed']);
    await until(() => socket.readyState === WebSocket.CLOSED);
    await turn();
    expect(told).toEqual(['closed']);
  });
});
