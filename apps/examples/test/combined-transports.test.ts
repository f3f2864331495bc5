import { createServer } from 'node:http';
import { setImmediate as turn } from 'node:timers/promises';
import { transportSuite } from '@raft/conformance';
import { combineTransports, type Identity, RaftError, type Transport } from '@raft/core';
import { memoryNetwork } from '@raft/transport-memory';
import { type TcpTransport, tcpTransport } from '@raft/transport-tcp';
import { wsTransport } from '@raft/transport-ws';
import { type WsServerTransport, wsServerTransport } from '@raft/transport-ws/server';
import { afterEach, describe, expect, test } from 'vitest';

const member = (id: string, storage = id.slice(1), clusterId: string | undefined = 'c'.repeat(32)): Identity => ({
  id,
  storageId: storage.padStart(32, '0'),
  ...(clusterId !== undefined && { clusterId }),
});
const blank = (id: string): Identity => ({ id, storageId: id.slice(1).padStart(32, '0') });

const open: AsyncDisposable[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((each) => each[Symbol.asyncDispose]()));
});

/** A node of which only the transport is there; it keeps what it is told. */
async function start<Kind extends Transport>(transport: Kind, identity: Identity) {
  const calls: string[] = [];
  open.push(transport);
  await transport.start({
    identity: () => identity,
    connected: ({ id, storageId }) => calls.push(`connected ${id} ${Number.parseInt(storageId, 16)}`),
    disconnected: ({ id, storageId }) => calls.push(`disconnected ${id} ${Number.parseInt(storageId, 16)}`),
    receive: ({ id }, message) => calls.push(`${message.type} ${id} ${'round' in message ? message.round : ''}`),
  });
  return { identity, transport, calls };
}

/** A node that TCP and WebSocket lead to. */
async function both(identity: Identity) {
  const tcp = tcpTransport({ listen: 'tcp://127.0.0.1:0' });
  const ws = wsServerTransport({ listen: 'ws://127.0.0.1:0/raft' });
  return { tcp, ws, ...(await start(combineTransports([tcp, ws]), identity)) };
}

const addressOf = (transport: TcpTransport | WsServerTransport): string => transport.address() ?? '';

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await turn();
}

const heartbeat = (round: number) =>
  ({ type: 'AppendEntries', term: 1, round, prevLogIndex: 0, prevLogTerm: 0, leaderCommit: 0, entries: [] }) as const;

transportSuite({
  runner: { describe, test },
  name: 'combineTransports of TCP and WebSocket',
  createFixture: () => {
    let made = 0;
    return {
      create: ({ log, at, hasSmallQueue }) => {
        const limits = { log, ...(hasSmallQueue && { maxQueuedBytes: 100 * 1024 }) };
        // Half of the nodes are reached by the one, half by the other.
        const scheme = at === undefined ? ['tcp', 'ws'][made++ % 2] : at.split(':')[0];
        const tcp = tcpTransport({ listen: at !== undefined && scheme === 'tcp' ? at : 'tcp://127.0.0.1:0', ...limits });
        const ws = wsServerTransport({ listen: at !== undefined && scheme === 'ws' ? at : 'ws://127.0.0.1:0/raft', ...limits });
        let address = at ?? '';
        return {
          transport: combineTransports([tcp, ws]),
          address: () => {
            address = (scheme === 'tcp' ? tcp : ws).address() ?? address;
            return address;
          },
        };
      },
    };
  },
});

describe('combineTransports', () => {
  test('dials each peer by the scheme of its address, and adds the counters up', async () => {
    const hub = await both(member('n1'));
    const byTcp = await start(tcpTransport({ listen: 'tcp://127.0.0.1:0' }), member('n2'));
    const byWs = await start(wsServerTransport({ listen: 'ws://127.0.0.1:0/raft' }), member('n3'));
    hub.transport.setPeers([
      { id: 'n2', address: addressOf(byTcp.transport) },
      // Schemes are what they are in any case.
      { id: 'n3', address: addressOf(byWs.transport).replace('ws:', 'WS:') },
      { id: 'n4' },
    ]);
    await until(() => hub.calls.length === 2 && byTcp.calls.length === 1 && byWs.calls.length === 1);
    for (const to of [byTcp, byWs]) hub.transport.send(to.identity, heartbeat(7));
    hub.transport.send(member('n4'), heartbeat(7));
    await until(() => byTcp.calls.length + byWs.calls.length === 4);
    expect([byTcp.calls[1], byWs.calls[1]]).toEqual(['AppendEntries n1 7', 'AppendEntries n1 7']);
    expect(hub.transport.counters()).toEqual({ sent: 2, received: 0, droppedNotConnected: 1, droppedQueueFull: 0 });
  });

  test('counts a node that both lead to as connected once, until both are gone', async () => {
    const hub = await both(member('n1'));
    const byTcp = await start(tcpTransport(), member('n2'));
    byTcp.transport.setPeers([{ id: 'n1', address: addressOf(hub.tcp) }]);
    await until(() => byTcp.calls.length === 1);
    const byWs = await start(wsTransport(), member('n2'));
    byWs.transport.setPeers([{ id: 'n1', address: addressOf(hub.ws) }]);
    await until(() => byWs.calls.length === 1);
    byWs.transport.send(hub.identity, heartbeat(1));
    byTcp.transport.send(hub.identity, heartbeat(2));
    await until(() => hub.calls.length === 3);
    await byTcp.transport.close();
    hub.transport.send(member('n2'), heartbeat(3));
    await until(() => byWs.calls.length === 2 || hub.transport.counters().droppedNotConnected > 0);
    while (byWs.calls.length < 2) {
      // Until the hub hears of the end it may still send where nobody reads.
      hub.transport.send(member('n2'), heartbeat(3));
      await turn();
    }
    await byWs.transport.close();
    await until(() => hub.calls.length === 4);
    expect(hub.calls.toSorted()).toEqual(['AppendEntries n2 1', 'AppendEntries n2 2', 'connected n2 2', 'disconnected n2 2']);
    expect(hub.calls[0]).toBe('connected n2 2');
    expect(hub.calls[3]).toBe('disconnected n2 2');
  });

  test('hears the first of two nodes with one id, and the second once the first is gone', async () => {
    const hub = await both(member('n1'));
    const first = await start(tcpTransport(), member('n2'));
    first.transport.setPeers([{ id: 'n1', address: addressOf(hub.tcp) }]);
    await until(() => hub.calls.length === 1);
    const second = await start(wsTransport(), member('n2', '77'));
    second.transport.setPeers([{ id: 'n1', address: addressOf(hub.ws) }]);
    await until(() => second.calls.length === 1);
    second.transport.send(hub.identity, heartbeat(1));
    first.transport.send(hub.identity, heartbeat(2));
    hub.transport.send(second.identity, heartbeat(3));
    await until(() => hub.calls.length === 2);
    expect(hub.transport.counters().droppedNotConnected).toBe(1);
    await first.transport.close();
    await until(() => hub.calls.length === 4);
    second.transport.send(hub.identity, heartbeat(4));
    await until(() => hub.calls.length === 5);
    expect(hub.calls).toEqual(['connected n2 2', 'AppendEntries n2 2', 'disconnected n2 2', 'connected n2 119', 'AppendEntries n2 4']);
    expect(hub.transport.counters().received).toBe(2);
  });

  test('hears a member of the cluster instead of a blank node that has its id', async () => {
    const hub = await both(member('n1'));
    const stranger = await start(tcpTransport(), blank('n2'));
    stranger.transport.setPeers([{ id: 'n1', address: addressOf(hub.tcp) }]);
    await until(() => hub.calls.length === 1);
    const real = await start(wsTransport(), member('n2', '77'));
    real.transport.setPeers([{ id: 'n1', address: addressOf(hub.ws) }]);
    await until(() => hub.calls.length === 3);
    expect(hub.calls).toEqual(['connected n2 2', 'disconnected n2 2', 'connected n2 119']);
  });

  test('reports an address that none of them can use', async () => {
    const reasons: string[] = [];
    const tcp = tcpTransport({ log: (event) => event.type === 'connectionRefused' && reasons.push(event.reason) });
    const { transport } = await start(combineTransports([tcp, wsTransport()]), member('n1'));
    transport.setPeers([
      { id: 'n2', address: 'carrier-pigeon:home' },
      { id: 'n3', address: 'nonsense' },
    ]);
    expect(reasons.map((reason) => /"(.*?)"/.exec(reason)?.[1])).toEqual(['carrier-pigeon:home', 'nonsense']);
  });

  test('closes what had started when one of them can not start', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await until(() => taken.listening);
    const port = (taken.address() as { port: number }).port;
    const ws = wsServerTransport({ listen: 'ws://127.0.0.1:0/raft' });
    await expect(start(combineTransports([ws, tcpTransport({ listen: `tcp://127.0.0.1:${port}` })]), member('n1'))).rejects.toMatchObject({
      code: 'addressInUse',
    });
    expect(ws.address()).toBeUndefined();
    taken.close();
  });

  test('refuses to start once more, and goes on', async () => {
    const hub = await both(member('n1'));
    await expect(start(hub.transport, member('n9'))).rejects.toMatchObject({ code: 'invalidArgument' });
    const byWs = await start(wsTransport(), member('n2'));
    byWs.transport.setPeers([{ id: 'n1', address: addressOf(hub.ws) }]);
    await until(() => hub.calls.length === 1 && byWs.calls.length === 1);
  });

  test('closes while it starts: then it has not started, and nothing is left', async () => {
    const [tcp, ws] = [tcpTransport({ listen: 'tcp://127.0.0.1:0' }), wsServerTransport({ listen: 'ws://127.0.0.1:0/raft' })];
    const transport = combineTransports([tcp, ws]);
    const starting = expect(start(transport, member('n1'))).rejects.toMatchObject({ code: 'closed' });
    await transport.close();
    await starting;
    expect([tcp.address(), ws.address()]).toEqual([undefined, undefined]);
  });

  test('takes only transports that tell different schemes', () => {
    expect(() => combineTransports([tcpTransport(), tcpTransport()])).toThrow(RaftError);
    expect(() => combineTransports([tcpTransport(), memoryNetwork().transport({ id: 'n1' })])).toThrow(/tells no schemes/);
    expect(combineTransports([tcpTransport(), wsTransport()]).schemes).toEqual(['tcp', 'ws', 'wss']);
  });
});
