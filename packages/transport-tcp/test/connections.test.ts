import { type Clock, systemClock } from '@raft/core';
import { afterEach, describe, expect, test } from 'vitest';
import type { TcpTransportOptions } from '../src/index.ts';
import { type Detour, detourTo } from './detour.ts';
import { clusterId, member, message, openResources, TestNode, until } from './test-node.ts';

const nodes: TestNode[] = [];
const proxies: Detour[] = [];

async function start(...args: Parameters<typeof TestNode.start>): Promise<TestNode> {
  const node = await TestNode.start(...args);
  nodes.push(node);
  return node;
}

async function proxy(...args: Parameters<typeof detourTo>): Promise<Detour> {
  const made = await detourTo(...args);
  proxies.push(made);
  return made;
}

afterEach(async () => {
  await Promise.all(nodes.splice(0).map((node) => node.transport.close()));
  await Promise.all(proxies.splice(0).map((made) => made.close()));
});

/** A small generator, so that a failing round can be played again. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}

describe('two nodes that dial each other', () => {
  test.each(Array.from({ length: 40 }, (_, index) => index + 1))('keep one connection and lose no message, seed %i', async (seed) => {
    const random = seeded(seed * 7919);
    const [a, b] = [await start(member('n1')), await start(member('n2'))];
    const longest = seed % 4 === 0 ? 0 : 12;
    const delay = (): number => Math.floor(random() * longest);
    const [toA, toB] = [await proxy(a.port, delay), await proxy(b.port, delay)];
    const rounds = 30;
    // Each sends as soon as it is connected, on whichever connection that is, and goes on while the other is given up.
    const talk = (from: TestNode, to: TestNode): void => {
      let round = 0;
      const say = (): void => {
        round += 1;
        if (round > rounds) return;
        from.transport.send({ id: to.identity.id, storageId: to.identity.storageId }, message(round));
        setImmediate(say);
      };
      void until(() => from.isConnected).then(say);
    };
    talk(a, b);
    talk(b, a);
    a.dial({ id: 'n2', address: toB.address });
    b.dial({ id: 'n1', address: toA.address });
    await until(() => a.rounds.length >= rounds && b.rounds.length >= rounds);
    const all = Array.from({ length: rounds }, (_, index) => index + 1);
    for (const node of [a, b]) {
      expect(node.rounds.toSorted((x, y) => x - y)).toEqual(all);
      expect([node.count('connected'), node.count('disconnected')]).toEqual([1, 0]);
      expect(node.transport.counters().droppedNotConnected).toBe(0);
    }
    // Both ends of the one connection and of its proxy: nothing else stays open.
    await until(() => openResources().filter((kind) => kind === 'TCPSocketWrap').length === 4);
    expect([a.count('disconnected'), b.count('disconnected')]).toEqual([0, 0]);
    expect(toA.count + toB.count).toBeLessThanOrEqual(2);
  });
});

describe('a connection that has died unnoticed', () => {
  const quick: TcpTransportOptions = { handshakeTimeoutMs: 200 };

  test('is replaced when the end that dialled it dials again', async () => {
    const [a, b] = [await start(member('n1'), quick), await start(member('n2'), quick)];
    const toA = await proxy(a.port);
    b.dial({ id: 'n1', address: toA.address });
    await until(() => a.isConnected && b.isConnected);
    toA.freeze();
    nodes.splice(nodes.indexOf(b), 1);
    await b.transport.close();
    const restarted = await start(member('n2'), quick);
    restarted.dial({ id: 'n1', address: toA.address });
    // What is sent before the handshake has come goes the way of the dead connection.
    await until(() => {
      a.transport.send(member('n2'), message(1));
      return restarted.rounds.length > 0;
    });
    expect([a.count('connected'), a.count('disconnected')]).toEqual([1, 0]);
  });

  test('is replaced when the other end dials, though the smaller id dialled the dead one', async () => {
    const [a, b] = [await start(member('n1'), quick), await start(member('n2'), quick)];
    const toB = await proxy(b.port);
    a.dial({ id: 'n2', address: toB.address });
    await until(() => a.isConnected && b.isConnected);
    toB.freeze();
    await b.transport.close();
    const restarted = await start(member('n2'), quick);
    restarted.dial({ id: 'n1', address: a.address });
    // Until it is older than a handshake may take, the dead one may win; then the newcomer does, and stays.
    await until(() => {
      a.transport.send(member('n2'), message(1));
      return restarted.rounds.length > 0;
    });
    expect([a.count('connected'), a.count('disconnected')]).toEqual([1, 0]);
  });

  test('keeps a new storage waiting until it shows no sign of life', async () => {
    const alert = { ...quick, signOfLifeMs: 20 };
    const [a, b] = [await start(member('n1'), alert), await start(member('n2'), alert)];
    const toA = await proxy(a.port);
    b.dial({ id: 'n1', address: toA.address });
    await until(() => a.isConnected && b.isConnected);
    toA.freeze();
    await b.transport.close();
    const wiped = await start(member('n2', '77'), alert);
    wiped.dial({ id: 'n1', address: toA.address });
    await until(() => a.count('connected') === 2);
    expect(a.calls.map((call) => call.type)).toEqual(['connected', 'disconnected', 'connected']);
    a.transport.send(member('n2'), message(1));
    a.transport.send(member('n2', '77'), message(2));
    await until(() => wiped.rounds.length === 1);
    expect(wiped.rounds).toEqual([2]);
  });

  test('is given up when it shows no sign of life, and made anew', async () => {
    const alert = { ...quick, signOfLifeMs: 5 };
    const [a, b] = [await start(member('n1'), alert), await start(member('n2'), alert)];
    const toB = await proxy(b.port);
    a.dial({ id: 'n2', address: toB.address });
    await until(() => a.isConnected && b.isConnected);
    toB.freeze();
    await until(() => a.count('connected') === 2 && b.isConnected);
    expect(a.refusals).toContainEqual('n2 gave no sign of life for 5 intervals');
    await until(() => {
      a.transport.send(member('n2'), message(1));
      return b.rounds.length > 0;
    });
  });

  test('is not mistaken for one on which nobody has anything to say', async () => {
    let ticks = 0;
    const setTimer: Clock['setTimer'] = (delayMs, callback) => {
      if (delayMs === 4) ticks += 1;
      return systemClock.setTimer(delayMs, callback);
    };
    const alert = { signOfLifeMs: 4, clock: { ...systemClock, setTimer } };
    const [a, b] = [await start(member('n1'), alert), await start(member('n2'), alert)];
    a.dial({ id: 'n2', address: b.address });
    await until(() => a.isConnected && b.isConnected);
    // Far more silence than the five intervals that are allowed.
    await until(() => ticks > 60);
    expect([a.calls, b.calls]).toEqual([[{ type: 'connected', id: 'n2' }], [{ type: 'connected', id: 'n1' }]]);
  });

  test('is not mistaken for one whose other end has slow timers, as a hidden tab has', async () => {
    let ticks = 0;
    const counting: Clock['setTimer'] = (delayMs, callback) => {
      if (delayMs === 4) ticks += 1;
      return systemClock.setTimer(delayMs, callback);
    };
    const never: Clock['setTimer'] = (delayMs, callback) => systemClock.setTimer(delayMs === 4 ? 3_600_000 : delayMs, callback);
    const a = await start(member('n1'), { signOfLifeMs: 4, clock: { ...systemClock, setTimer: counting } });
    const b = await start(member('n2'), { signOfLifeMs: 4, clock: { ...systemClock, setTimer: never } });
    b.dial({ id: 'n1', address: a.address });
    await until(() => a.isConnected && b.isConnected);
    await until(() => ticks > 60);
    expect([a.calls, b.calls]).toEqual([[{ type: 'connected', id: 'n2' }], [{ type: 'connected', id: 'n1' }]]);
  });
});

describe('an address in the wrong place', () => {
  test('is reported, and does not disturb the node that answers there', async () => {
    const [a, b] = [await start(member('n1')), await start(member('n2'))];
    const wrong = await proxy(b.port);
    a.dial({ id: 'n2', address: b.address }, { id: 'n3', address: wrong.address });
    await until(() => a.isConnected && b.isConnected && wrong.count > 5);
    expect(a.refusals).toEqual([`${wrong.address}: node n2 answers there, not n3`]);
    expect([a.count('connected'), a.count('disconnected')]).toEqual([1, 0]);
    expect([b.count('connected'), b.count('disconnected'), b.refusals]).toEqual([1, 0, []]);
  });

  test('is reported when it leads back to the node itself', async () => {
    const a = await start(member('n1'));
    const loop = await proxy(a.port);
    a.dial({ id: 'n2', address: loop.address });
    await until(() => loop.count > 3);
    expect(a.refusals).toEqual([`${loop.address}: it is this very node`]);
    expect(a.calls).toEqual([]);
  });

  test('is reported when two nodes have the same id', async () => {
    const [a, twin] = [await start(member('n1')), await start(member('n1', '99'))];
    a.dial({ id: 'n2', address: twin.address });
    await until(() => a.refusals.length > 0);
    expect(a.refusals[0]).toContain('another node says that it is n1');
  });

  test('is reported once, however often it is dialled in vain', async () => {
    const [a, stranger] = [await start(member('n1')), await start({ ...member('n2'), clusterId: 'd'.repeat(32) })];
    const way = await proxy(stranger.port);
    a.dial({ id: 'n2', address: way.address });
    await until(() => way.count > 5);
    expect(a.refusals).toEqual([`${way.address}: n2 belongs to cluster ${'d'.repeat(32)}, this node to ${clusterId}`]);
    expect(stranger.refusals).toEqual([`n1 belongs to cluster ${clusterId}, this node to ${'d'.repeat(32)}`]);
  });

  test('stops nobody when it is none at all', async () => {
    const [a, b] = [await start(member('n1')), await start(member('n2'))];
    a.dial({ id: 'n3', address: 'nonsense' }, { id: 'n4', address: 'ws://127.0.0.1:1' }, { id: 'n2', address: b.address });
    await until(() => a.isConnected);
    expect(a.refusals).toHaveLength(2);
    expect(a.refusals[0]).toContain('"nonsense"');
  });

  test('is tried again until somebody is there', async () => {
    const a = await start(member('n1'));
    const place = await start(member('n2'));
    const { address } = place;
    await place.transport.close();
    a.dial({ id: 'n2', address });
    await until(() => a.refusals.length > 0);
    expect(a.refusals[0]).toMatch(/^tcp:\/\/127\.0\.0\.1:\d+: .*ECONNREFUSED/);
    await start(member('n2'), { listen: address });
    await until(() => a.isConnected);
  });
});
