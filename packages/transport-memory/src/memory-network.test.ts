import { type RaftEvent, systemClock } from '@raft/core';
import { encodeEntry, type Message } from '@raft/wire';
import { describe, expect, test } from 'vitest';
import { type MemoryNetwork, type MemoryNetworkOptions, memoryNetwork } from './index.ts';

const clusterId = 'c'.repeat(32);
const member = (id: string): { id: string; storageId: string; clusterId: string } => ({
  id,
  storageId: id.slice(1).padStart(32, '0'),
  clusterId,
});
const entry = encodeEntry({ index: 1, term: 1, kind: 'command', data: Uint8Array.of(1, 2, 3) });
const message: Message = { type: 'AppendEntries', term: 1, round: 1, prevLogIndex: 0, prevLogTerm: 0, leaderCommit: 0, entries: [entry] };

/** Everything that happens takes a turn or two. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) await new Promise<void>((resolve) => systemClock.defer(resolve));
}

async function join(network: MemoryNetwork, id: string, peers: readonly string[]) {
  const calls: string[] = [];
  const messages: Message[] = [];
  const events: RaftEvent[] = [];
  const transport = network.transport({ id, log: (event) => events.push(event) });
  await transport.start({
    identity: () => member(id),
    connected: (from) => calls.push(`connected ${from.id}`),
    disconnected: (from) => calls.push(`disconnected ${from.id}`),
    receive: (from, received) => {
      calls.push(`receive ${from.id}`);
      messages.push(received);
    },
  });
  transport.setPeers(peers.map((peer) => ({ id: peer })));
  return { id, transport, calls, messages, events };
}

async function trio(options?: MemoryNetworkOptions) {
  const network = memoryNetwork(options);
  const ids = ['n1', 'n2', 'n3'];
  const [a, b, c] = [await join(network, 'n1', ids), await join(network, 'n2', ids), await join(network, 'n3', ids)];
  await settle();
  for (const node of [a, b, c]) node.calls.length = 0;
  return { network, a, b, c };
}

describe('memoryNetwork', () => {
  test('shares no bytes between nodes, unless told not to encode', async () => {
    for (const encode of [true, false]) {
      const { a, b } = await trio({ encode });
      a.transport.send(member('n2'), message);
      await settle();
      expect(b.messages).toEqual([message]);
      const [received] = b.messages;
      const buffer = received?.type === 'AppendEntries' ? received.entries[0]?.bytes.buffer : undefined;
      expect(buffer === entry.bytes.buffer).toBe(!encode);
    }
  });

  test('cuts two nodes apart, tells both, and heals', async () => {
    const { network, a, b, c } = await trio();
    network.disconnect('n2', 'n1');
    await settle();
    a.transport.send(member('n2'), message);
    a.transport.send(member('n3'), message);
    await settle();
    expect([a.calls, b.calls, c.calls]).toEqual([['disconnected n2'], ['disconnected n1'], ['receive n1']]);
    expect(a.transport.counters().droppedNotConnected).toBe(1);
    network.reconnect('n1', 'n2');
    await settle();
    a.transport.send(member('n2'), message);
    await settle();
    expect([a.calls.at(-1), b.calls.slice(1)]).toEqual(['connected n2', ['connected n1', 'receive n1']]);
  });

  test('cuts silently: nobody notices, and nothing arrives', async () => {
    const { network, a, b } = await trio();
    network.disconnect('n1', 'n2', { silently: true });
    a.transport.send(member('n2'), message);
    await settle();
    expect([a.calls, b.calls]).toEqual([[], []]);
    network.reconnect('n1', 'n2');
    a.transport.send(member('n2'), message);
    await settle();
    expect([a.calls, b.calls]).toEqual([[], ['receive n1']]);
  });

  test('isolates a node from all others, and from those that come later', async () => {
    const { network, a, b, c } = await trio();
    network.isolate('n1');
    const d = await join(network, 'n4', ['n1', 'n2']);
    await settle();
    expect(a.calls).toEqual(['disconnected n2', 'disconnected n3']);
    expect([b.calls, c.calls, d.calls]).toEqual([['disconnected n1', 'connected n4'], ['disconnected n1'], ['connected n2']]);
    network.rejoin('n1');
    await settle();
    expect(a.calls.slice(2).toSorted()).toEqual(['connected n2', 'connected n3', 'connected n4']);
  });

  test('keeps a pair apart that was cut when an isolation ends', async () => {
    const { network, a } = await trio();
    network.disconnect('n1', 'n2');
    network.isolate('n1', { silently: true });
    network.rejoin('n1');
    await settle();
    expect(a.calls).toEqual(['disconnected n2']);
  });

  test('refuses a second node with an id that is taken, and takes it again once it is free', async () => {
    const { network, a, b } = await trio();
    await expect(join(network, 'n1', [])).rejects.toMatchObject({ code: 'addressInUse' });
    await a.transport.close();
    await join(network, 'n1', []);
    await settle();
    expect(b.calls).toEqual(['disconnected n1', 'connected n1']);
  });

  test('refuses to be started by a node of another id, twice, or after close', async () => {
    const transport = memoryNetwork().transport({ id: 'n1' });
    const handlers = { identity: () => member('n2'), connected: () => undefined, disconnected: () => undefined, receive: () => undefined };
    await expect(transport.start(handlers)).rejects.toMatchObject({ code: 'invalidArgument' });
    await transport.start({ ...handlers, identity: () => member('n1') });
    await expect(transport.start({ ...handlers, identity: () => member('n1') })).rejects.toMatchObject({ code: 'invalidArgument' });
    await transport.close();
    await expect(transport.start(handlers)).rejects.toMatchObject({ code: 'closed' });
  });

  test('delivers by the clock that it is given, one turn at a time', async () => {
    const deferred: (() => void)[] = [];
    const clock = { ...systemClock, defer: (callback: () => void) => void deferred.push(callback) };
    const network = memoryNetwork({ clock });
    const [a, b] = [await join(network, 'n1', ['n2']), await join(network, 'n2', [])];
    expect([a.calls, deferred.length]).toEqual([[], 1]);
    deferred.shift()?.();
    a.transport.send(member('n2'), message);
    a.transport.send(member('n2'), message);
    expect([b.calls, deferred.length]).toEqual([['connected n1'], 1]);
    deferred.shift()?.();
    expect(b.calls).toEqual(['connected n1', 'receive n1', 'receive n1']);
    expect(deferred).toEqual([]);
  });

  test('forgets what was under way when a receiver breaks the connection', async () => {
    const network = memoryNetwork();
    const a = await join(network, 'n1', ['n2']);
    let received = 0;
    const b = network.transport({ id: 'n2' });
    const receive = (): void => {
      received += 1;
      void b.close();
    };
    await b.start({ identity: () => member('n2'), connected: () => undefined, disconnected: () => undefined, receive });
    a.transport.setPeers([{ id: 'n2' }]);
    await settle();
    for (let count = 0; count < 3; count += 1) a.transport.send(member('n2'), message);
    await settle();
    expect([received, a.calls]).toEqual([1, ['connected n2', 'disconnected n2']]);
  });
});
