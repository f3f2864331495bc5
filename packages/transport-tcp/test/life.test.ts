import { execFile } from 'node:child_process';
import { connect } from 'node:net';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, describe, expect, test } from 'vitest';
import { type TcpTransport, tcpTransport } from '../src/index.ts';
import { hello, rawServer } from './raw-peer.ts';
import { member, message, openResources, TestNode, until } from './test-node.ts';

const opened: TcpTransport[] = [];

afterEach(async () => {
  await Promise.all(opened.splice(0).map((transport) => transport.close()));
});

async function start(...args: Parameters<typeof TestNode.start>): Promise<TestNode> {
  const node = await TestNode.start(...args);
  opened.push(node.transport);
  return node;
}

describe('tcpTransport', () => {
  test.each([
    { listen: 'nonsense' },
    { listen: 'tcp://127.0.0.1' },
    { maxQueuedBytes: 0 },
    { signOfLifeMs: Number.NaN },
    { reconnectMinMs: -1 },
  ])('refuses %j at once, naming what is wrong', (options) => {
    const [value] = Object.values(options);
    expect(() => tcpTransport(options)).toThrow(
      expect.objectContaining({ code: 'invalidArgument', message: expect.stringContaining(String(value)) }),
    );
  });

  test('tells where it listens, with the port that it was given', async () => {
    const node = new TestNode(member('n1'));
    expect(node.transport.address()).toBeUndefined();
    await start(member('n2'));
    const [other] = opened;
    expect(other?.address()).toMatch(/^tcp:\/\/127\.0\.0\.1:[1-9]\d*$/);
    await other?.close();
    expect(other?.address()).toBeUndefined();
  });

  test('rejects with addressInUse, naming the address, when another listens there', async () => {
    const first = await start(member('n1'));
    const { address } = first;
    await expect(TestNode.start(member('n2'), { listen: address })).rejects.toMatchObject({
      code: 'addressInUse',
      message: `can't listen on ${address}: another program listens there already`,
    });
  });

  test('rejects with invalidArgument when this machine has no such address', async () => {
    const listen = 'tcp://192.0.2.1:0';
    await expect(TestNode.start(member('n1'), { listen })).rejects.toMatchObject({
      code: 'invalidArgument',
      message: expect.stringContaining(listen),
    });
  });

  test('is started once', async () => {
    const node = await start(member('n1'));
    const handlers = { identity: () => member('n1'), receive: () => undefined, connected: () => undefined, disconnected: () => undefined };
    await expect(node.transport.start(handlers)).rejects.toMatchObject({ code: 'invalidArgument' });
    await node.transport.close();
    await expect(node.transport.start(handlers)).rejects.toMatchObject({ code: 'closed' });
  });

  test('works without listening, as a node that can only dial', async () => {
    const server = await start(member('n1'));
    const client = tcpTransport();
    opened.push(client);
    let isConnected = false;
    await client.start({
      identity: () => member('n2'),
      receive: () => undefined,
      connected: () => {
        isConnected = true;
      },
      disconnected: () => undefined,
    });
    client.setPeers([{ id: 'n1', address: server.address }]);
    await until(() => isConnected && server.isConnected);
    expect(client.address()).toBeUndefined();
    client.send(member('n1'), message(1));
    await until(() => server.rounds.length === 1);
  });

  test('does not dial a peer that has no address', async () => {
    const [a, b] = [await start(member('n1')), await start(member('n2'))];
    a.transport.setPeers([{ id: 'n2' }]);
    b.dial({ id: 'n1', address: a.address });
    await until(() => a.isConnected && b.isConnected);
    expect(a.refusals).toEqual([]);
  });

  test('moves to the new address of a peer', async () => {
    const a = await start(member('n1'));
    const old = await start(member('n2'));
    a.dial({ id: 'n2', address: old.address });
    await until(() => a.isConnected);
    await old.transport.close();
    const moved = await start(member('n2'));
    a.dial({ id: 'n2', address: moved.address });
    await until(() => moved.isConnected);
  });

  test('delivers what was sent right before close', async () => {
    const [a, b] = [await start(member('n1')), await start(member('n2'))];
    a.dial({ id: 'n2', address: b.address });
    await until(() => a.isConnected && b.isConnected);
    for (let round = 1; round <= 100; round += 1) a.transport.send(member('n2'), message(round, 10_000));
    await a.transport.close();
    await until(() => !b.isConnected);
    expect(b.rounds).toHaveLength(100);
  });
});

describe('after close', () => {
  test('no timer, socket or listener is left, whatever was going on: the process ends', async () => {
    const script = new URL('./fixtures/close-in-the-midst.ts', import.meta.url);
    const { stdout } = await promisify(execFile)(process.execPath, [fileURLToPath(script)], { timeout: 50_000 });
    expect(stdout).toBe('left: \n');
  });

  test('of a transport that was never started nothing is left either', async () => {
    const before = openResources();
    const node = new TestNode(member('n1'));
    await node.transport.close();
    await node.transport.close();
    expect(openResources()).toEqual(before);
  });

  test('of a transport that is closed while it starts nothing is left', async () => {
    const before = openResources().length;
    const node = new TestNode(member('n1'));
    const handlers = { identity: () => member('n1'), receive: () => undefined, connected: () => undefined, disconnected: () => undefined };
    const starting = node.transport.start(handlers);
    const closing = node.transport.close();
    await expect(starting).rejects.toMatchObject({ code: 'closed' });
    await closing;
    await until(() => openResources().length <= before);
  });

  test('a peer that does not read holds nothing up', async () => {
    const node = await start(member('n1'));
    const stuck = await rawServer((socket) => socket.pause());
    node.dial({ id: 'n2', address: stuck.address });
    const deaf = connect({ port: node.port, host: '127.0.0.1' });
    deaf.on('error', () => undefined);
    deaf.write(hello(member('n3')));
    await until(() => node.isConnected);
    deaf.pause();
    for (let round = 1; round <= 100; round += 1) node.transport.send(member('n3'), message(round, 1024 * 1024));
    await node.transport.close();
    deaf.destroy();
    await stuck.close();
  });

  test('a peer that does not read prolongs nothing by closing too', async () => {
    const hour = 3_600_000;
    const node = await start(member('n1'), { handshakeTimeoutMs: hour });
    const deaf = connect({ port: node.port, host: '127.0.0.1' });
    deaf.on('error', () => undefined);
    deaf.write(hello(member('n2')));
    await until(() => node.isConnected);
    deaf.pause();
    for (let round = 1; round <= 100; round += 1) node.transport.send(member('n2'), message(round, 1024 * 1024));
    const closing = node.transport.close();
    deaf.end(hello(member('n2')));
    await closing;
    deaf.destroy();
  });
});
