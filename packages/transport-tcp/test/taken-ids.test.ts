import { type Identity, systemClock } from '@raft/core';
import { afterEach, describe, expect, test } from 'vitest';
import { type Detour, detourTo } from './detour.ts';
import { hello, RawPeer, rawServer } from './raw-peer.ts';
import { member, message, TestNode, until } from './test-node.ts';

const closing: (() => Promise<void>)[] = [];

afterEach(async () => {
  await Promise.all(closing.splice(0).map((close) => close()));
});

async function start(...args: Parameters<typeof TestNode.start>): Promise<TestNode> {
  const node = await TestNode.start(...args);
  closing.push(() => node.transport.close());
  return node;
}

async function detour(to: TestNode): Promise<Detour> {
  const made = await detourTo(to.port);
  closing.push(made.close);
  return made;
}

/** A node with an empty folder. */
function blank(id: string, storage: string): Identity {
  const { storageId } = member(id, storage);
  return { id, storageId };
}

const storage = (digits: string): string => digits.padStart(32, '0');

/** n1, connected with a node n2 that has dialled it. */
async function startPair(standing: Identity = member('n2')): Promise<{ readonly a: TestNode; readonly b: TestNode }> {
  const [a, b] = [await start(member('n1')), await start(standing)];
  b.dial({ id: 'n1', address: a.address });
  await until(() => a.isConnected && b.isConnected);
  return { a, b };
}

/** Another node with the id n2, which dials n1 and is turned away several times. */
async function turnedAway(a: TestNode, identity: Identity): Promise<TestNode> {
  const double = await start(identity);
  const way = await detour(a);
  double.dial({ id: 'n1', address: way.address });
  await until(() => way.count > 4 && a.refusals.length > 0 && double.refusals.length > 0);
  return double;
}

const isConnectedTwice = (digits: string): string => `another node with the id n2 is connected to n1: it has storage ${storage(digits)}`;

describe('a node whose id another one has', () => {
  test.each([
    ['blank, where a member stands', member('n2'), blank('n2', '77')],
    ['a member with another storage, where a member stands', member('n2'), member('n2', '77')],
    ['blank, where a blank one stands', blank('n2', '2'), blank('n2', '77')],
  ])('is turned away and never disturbs the connected one: %s', async (_, standing, newcomer) => {
    const { a, b } = await startPair(standing);
    const double = await turnedAway(a, newcomer);
    a.transport.send(standing, message(1));
    b.transport.send(member('n1'), message(2));
    await until(() => a.rounds.length === 1 && b.rounds.length === 1);
    expect([a.count('connected'), a.count('disconnected')]).toEqual([1, 0]);
    expect([b.count('connected'), b.count('disconnected')]).toEqual([1, 0]);
    expect(double.calls).toEqual([]);
  });

  test('is reported once at both ends, with a sentence', async () => {
    const { a, b } = await startPair();
    const double = await turnedAway(a, blank('n2', '77'));
    expect(a.refusals).toEqual([
      `127.0.0.1: another node with the id n2 is connected: this one has storage ${storage('77')}, that one ${storage('2')}`,
    ]);
    expect(double.refusals).toEqual([isConnectedTwice('2')]);
    expect(b.refusals).toEqual([]);
  });

  test('pauses longer after each attempt, as after any failure', async () => {
    const { a } = await startPair();
    const pauses: number[] = [];
    const clock = {
      ...systemClock,
      random: () => 0,
      setTimer: (delayMs: number, callback: () => void) => {
        if (delayMs < 100) pauses.push(delayMs);
        return systemClock.setTimer(delayMs, callback);
      },
    };
    const double = await start(blank('n2', '77'), { clock, reconnectMinMs: 2, reconnectMaxMs: 16 });
    double.dial({ id: 'n1', address: a.address });
    await until(() => pauses.length >= 5);
    expect(pauses.slice(0, 5)).toEqual([1, 2, 4, 8, 8]);
  });

  test('gets in once the other has gone', async () => {
    const { a, b } = await startPair();
    const double = await turnedAway(a, blank('n2', '77'));
    await b.transport.close();
    await until(() => a.count('connected') === 2 && double.isConnected);
    expect(a.calls.map((call) => call.type)).toEqual(['connected', 'disconnected', 'connected']);
    a.transport.send(blank('n2', '77'), message(1));
    await until(() => double.rounds.length === 1);
  });

  test('takes the place of a blank node if it is a member, and the blank one is turned away from then on', async () => {
    const { a, b: double } = await startPair(blank('n2', '77'));
    const real = await start(member('n2'));
    real.dial({ id: 'n1', address: a.address });
    await until(() => real.isConnected && double.refusals.length > 0);
    a.transport.send(member('n2'), message(1));
    await until(() => real.rounds.length === 1);
    expect(a.calls.map((call) => call.type)).toEqual(['connected', 'disconnected', 'connected']);
    expect(double.refusals).toEqual([isConnectedTwice('2')]);
    expect([double.count('connected'), real.count('disconnected')]).toEqual([1, 0]);
  });

  test('is given no answer when it was dialled, since that would be taken for a connection', async () => {
    const a = await start(member('n1'));
    let sayHello = (): void => undefined;
    const heard: string[] = [];
    const server = await rawServer((socket) => {
      sayHello = () => socket.write(hello(member('n2', '77')));
      socket.on('data', () => heard.push('data'));
      socket.on('end', () => heard.push('end'));
    });
    closing.push(server.close);
    a.dial({ id: 'n2', address: server.address });
    const isDialled = new Promise((resolve) => server.server.once('connection', resolve));
    await isDialled;
    const standing = await RawPeer.dial(a.port);
    closing.push(async () => void standing.socket.destroy());
    standing.socket.write(hello(member('n2')));
    await until(() => a.isConnected);
    sayHello();
    await until(() => heard.length > 0);
    expect(heard).toEqual(['end']);
    expect(a.refusals).toEqual([
      `${server.address}: another node with the id n2 is connected: this one has storage ${storage('77')}, that one ${storage('2')}`,
    ]);
    expect(a.calls).toEqual([{ type: 'connected', id: 'n2' }]);
  });
});

describe('a node that dials', () => {
  test('is told of a connection only when the other end has confirmed it', async () => {
    const a = await start(member('n1'));
    const said: string[] = [];
    const peers: RawPeer[] = [];
    const server = await rawServer((socket) => {
      peers.push(new RawPeer(socket));
      socket.write(hello(member('n2')));
    });
    closing.push(server.close);
    a.dial({ id: 'n2', address: server.address });
    await until(() => peers[0]?.frames.length === 1);
    said.push(...a.calls.map((call) => call.type));
    a.transport.send(member('n2'), message(1));
    expect([said, a.transport.counters().droppedNotConnected]).toEqual([[], 1]);
    peers[0]?.socket.write(hello(member('n2')));
    await until(() => a.isConnected);
    a.transport.send(member('n2'), message(2));
    await until(() => peers[0]?.messages === 1);
  });
});
