import type { Message } from '@raft/wire';
import { assertEqual, assertTrue } from './assert.ts';
import { sampleAppend, sampleMessages } from './sample-messages.ts';
import type { Probe } from './transport-probe.ts';
import { type DeclareTest, member, type TransportWorld, turns } from './transport-world.ts';

const n1 = member('n1');
const n2 = member('n2');
const n3 = member('n3');

const heartbeat = (round: number): Message => sampleAppend({ round, entries: 0, bytes: 0 });

async function startPair({ start }: TransportWorld): Promise<[Probe, Probe]> {
  const [a, b] = [await start(n1), await start(n2)];
  a.dial(b);
  await a.untilConnected(b);
  await b.untilConnected(a);
  return [a, b];
}

/** Messages arrive as they were sent. */
export function testMessages(test: DeclareTest): void {
  test('carries every kind of message both ways, unchanged and in order', async (world) => {
    const [a, b] = await startPair(world);
    const messages = sampleMessages();
    for (const message of messages) a.send(b.peer, message);
    for (const message of messages) b.send(a.peer, message);
    await a.until(() => a.messages.length === messages.length, 'all messages arrive at n1');
    await b.until(() => b.messages.length === messages.length, 'all messages arrive at n2');
    assertEqual(a.messages, messages, 'what n1 received');
    assertEqual(b.messages, messages, 'what n2 received');
    assertEqual(messages, sampleMessages(), 'what was sent, afterwards');
  });

  test('tells of each message who sent it', async ({ start }) => {
    const probes = [await start(n1), await start(n2), await start(n3)];
    for (const probe of probes) probe.dial(...probes);
    for (const probe of probes) await probe.untilConnected(...probes.filter((other) => other !== probe));
    for (const [position, from] of probes.entries()) {
      for (const to of probes) if (to !== from) from.send(to.peer, heartbeat(position + 1));
    }
    for (const probe of probes) {
      await probe.until(() => probe.messages.length === 2, 'a message from each of the others arrives');
      for (const call of probe.calls) {
        if (call.type !== 'receive' || call.message.type !== 'AppendEntries') continue;
        assertEqual(call.from, probes[call.message.round - 1]?.identity, 'the sender');
      }
    }
  });

  test('carries many small messages without losing any while connected', async (world) => {
    const [a, b] = await startPair(world);
    const count = 5000;
    for (let round = 1; round <= count; round += 1) {
      a.send(b.peer, sampleAppend({ round, entries: 1, bytes: 100 }));
      if (round % 50 === 0) await turns(1);
    }
    await b.until(() => b.messages.length === count, `${count} messages arrive`);
    const rounds = b.messages.map((message) => (message.type === 'AppendEntries' ? message.round : 0));
    assertEqual(
      rounds,
      Array.from({ length: count }, (_, index) => index + 1),
      'the order in which they arrive',
    );
    const { sent, droppedNotConnected, droppedQueueFull } = a.transport.counters();
    assertEqual({ sent, droppedNotConnected, droppedQueueFull }, { sent: count, droppedNotConnected: 0, droppedQueueFull: 0 }, 'counters');
    assertEqual(b.transport.counters().received, count, 'messages received');
  });

  test('carries large messages, and small ones behind them', async (world) => {
    const [a, b] = await startPair(world);
    const large = sampleAppend({ round: 1, entries: 2, bytes: 4 * 1024 * 1024 });
    a.send(b.peer, large);
    a.send(b.peer, heartbeat(2));
    await b.until(() => b.messages.length === 2, 'both arrive');
    assertEqual(b.messages, [large, heartbeat(2)], 'what was received');
  });

  test('hands over bytes that never change again', async (world) => {
    const [a, b] = await startPair(world);
    const first = sampleAppend({ round: 1, entries: 5, bytes: 300 });
    a.send(b.peer, first);
    await b.until(() => b.messages.length === 1, 'the first arrives');
    for (let round = 2; round <= 200; round += 1) a.send(b.peer, sampleAppend({ round, entries: 5, bytes: 300 }));
    await b.until(() => b.messages.length === 200, 'the others arrive');
    assertEqual(b.messages[0], first, 'the first message, when others have come after it');
  });
}

/** What can't be sent is dropped and counted. */
export function testDrops(test: DeclareTest): void {
  test('drops and counts what it is given for nobody: never connected, not started, closed', async ({ start, make }) => {
    const [a, unstarted] = [await start(n1), make(n2)];
    unstarted.send(a.peer, heartbeat(1));
    assertEqual(unstarted.transport.counters().droppedNotConnected, 1, 'dropped before the start');
    a.send(unstarted.peer, heartbeat(1));
    a.send(n3, heartbeat(2));
    assertEqual(a.transport.counters().droppedNotConnected, 2, 'dropped without a connection');
    await a.close();
    a.send(unstarted.peer, heartbeat(3));
    assertEqual(a.transport.counters().droppedNotConnected, 3, 'dropped after close');
    assertEqual(a.transport.counters().sent, 0, 'sent');
  });

  test('drops and counts what is meant for another storage of a connected node', async (world) => {
    const [a, b] = await startPair(world);
    a.send({ id: 'n2', storageId: member('n2', { storage: 99 }).storageId }, heartbeat(1));
    a.send(b.peer, heartbeat(2));
    await b.until(() => b.messages.length >= 1, 'a message to the right storage arrives');
    assertEqual(b.messages, [heartbeat(2)], 'what arrived');
    assertEqual(a.transport.counters().droppedNotConnected, 1, 'dropped');
  });

  test('drops and counts what does not fit into its queue, and goes on afterwards', async ({ start }) => {
    const [a, b] = [await start(n1, { hasSmallQueue: true }), await start(n2)];
    a.dial(b);
    await a.untilConnected(b);
    await b.untilConnected(a);
    const tooMany = 10_000;
    for (let round = 1; round <= tooMany; round += 1) a.send(b.peer, sampleAppend({ round, entries: 1, bytes: 1000 }));
    const { sent, droppedQueueFull } = a.transport.counters();
    assertTrue(droppedQueueFull > 0, 'a queue that is never emptied takes everything');
    assertEqual(sent + droppedQueueFull, tooMany, 'sent and dropped messages');
    await b.until(() => b.messages.length === sent, 'what was taken arrives');
    a.send(b.peer, heartbeat(tooMany + 1));
    await b.until(() => b.messages.length === sent + 1, 'a message that is sent afterwards arrives');
    assertEqual(b.messages.at(-1), heartbeat(tooMany + 1), 'the last message');
  });
}
