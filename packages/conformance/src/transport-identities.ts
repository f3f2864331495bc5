import { assertEqual, assertRejects, assertTrue } from './assert.ts';
import { sampleAppend } from './sample-messages.ts';
import { blank, type DeclareTest, member, turns } from './transport-world.ts';

const n1 = member('n1');
const n2 = member('n2');
const n3 = member('n3');

/** Who may talk to whom, and as whom. */
export function testIdentities(test: DeclareTest): void {
  test('refuses a node of another cluster, and says so once', async ({ start }) => {
    const [a, stranger, b] = [await start(n1), await start(member('n2', { cluster: 0xc2 })), await start(n3)];
    a.dial(stranger, b);
    await a.until(() => a.refusals.length > 0, 'the one that dials reports the refusal');
    await stranger.until(() => stranger.refusals.length > 0, 'the one that is dialled reports the refusal');
    await a.untilConnected(b);
    a.send(stranger.peer, sampleAppend({ round: 1, entries: 0, bytes: 0 }));
    await turns(10);
    assertEqual([a.count('connected'), stranger.count('connected')], [1, 0], 'connections');
    assertEqual([a.refusals.length, stranger.refusals.length], [1, 1], 'reports');
    assertTrue(a.refusals[0]?.includes('cluster') === true, `the reason names the cluster: ${a.refusals[0]}`);
  });

  test('connects a blank node with nodes of any cluster, and blank nodes with each other', async ({ start }) => {
    const [a, b, c] = [await start(blank('n1')), await start(blank('n2')), await start(n3)];
    a.dial(b, c);
    await a.untilConnected(b, c);
    await b.untilConnected(a);
    await c.untilConnected(a);
    const isFromB = (id: string): boolean => id === 'n2';
    assertEqual(a.calls.find((call) => isFromB(call.from.id))?.from, blank('n2'), 'a blank node names no cluster');
    assertEqual(c.calls[0]?.from, blank('n1'), 'nor does it to a member of one');
  });

  test('makes every connection anew when its identity has changed', async ({ start }) => {
    const [a, b, c] = [await start(blank('n1')), await start(n2), await start(n3)];
    a.dial(b);
    c.dial(a);
    await a.untilConnected(b, c);
    await b.untilConnected(a);
    await c.untilConnected(a);
    a.change(n1);
    for (const other of [b, c]) {
      await other.until(() => other.count('connected') === 2, 'the other end is told of the new connection');
      assertEqual(
        other.calls,
        [
          { type: 'connected', from: blank('n1') },
          { type: 'disconnected', from: blank('n1') },
          { type: 'connected', from: n1 },
        ],
        `what ${other.identity.id} is told`,
      );
    }
    await a.until(() => a.count('connected') === 4, 'the one that changed is told of the new connections');
    assertEqual(a.count('disconnected'), 2, 'the old connections of the one that changed');
    b.send(a.peer, sampleAppend({ round: 1, entries: 1, bytes: 10 }));
    await a.until(() => a.messages.length === 1, 'a message arrives under the new identity');
  });

  test('refuses a node that has joined another cluster since', async ({ start }) => {
    const [a, b] = [await start(blank('n1')), await start(n2)];
    a.dial(b);
    await a.untilConnected(b);
    await b.untilConnected(a);
    a.change(member('n1', { cluster: 0xc2 }));
    await b.until(() => b.refusals.length > 0, 'the refusal is reported');
    assertTrue(!a.isConnected(b.peer) && !b.isConnected(a.peer), 'no connection is left');
  });

  test('does not take a node with a new storage for the one that had the old', async ({ start }) => {
    const [a, b] = [await start(n1), await start(n2)];
    a.dial(b);
    await a.untilConnected(b);
    const { address, peer } = b;
    await b.close();
    const wiped = await start(member('n2', { storage: 77 }), { at: address });
    await a.untilConnected(wiped);
    const dropped = a.transport.counters().droppedNotConnected;
    a.send(peer, sampleAppend({ round: 1, entries: 0, bytes: 0 }));
    a.send(wiped.peer, sampleAppend({ round: 2, entries: 0, bytes: 0 }));
    await wiped.until(() => wiped.messages.length > 0, 'a message to the new storage arrives');
    assertEqual(wiped.messages, [sampleAppend({ round: 2, entries: 0, bytes: 0 })], 'what arrived');
    assertEqual(a.transport.counters().droppedNotConnected, dropped + 1, 'dropped: what was meant for the old storage');
  });

  test('turns a node away whose id another one has, and lets it in once that one is gone', async ({ start, make }) => {
    const [a, b] = [await start(n1), await start(n2)];
    b.dial(a);
    await a.untilConnected(b);
    await b.untilConnected(a);
    const { id, storageId } = member('n2', { storage: 77 });
    const double = make({ id, storageId });
    // A network that knows its nodes may refuse it at once.
    const starting = double.start();
    const isStarted = await starting.then(
      () => true,
      () => false,
    );
    if (!isStarted) await assertRejects(starting, 'addressInUse', 'starting a second node with an id');
    double.dial(a);
    if (isStarted) {
      await a.until(() => a.refusals.length > 0, 'the end where the id is taken reports the refusal');
      await double.until(() => double.refusals.length > 0, 'the one that is refused reports it');
    }
    a.send(b.peer, sampleAppend({ round: 1, entries: 0, bytes: 0 }));
    b.send(a.peer, sampleAppend({ round: 2, entries: 0, bytes: 0 }));
    await b.until(() => b.messages.length === 1, 'a message arrives at the connected node');
    await a.until(() => a.messages.length === 1, 'and its own arrives');
    await turns(10);
    assertEqual([a.count('connected'), b.count('connected'), double.count('connected')], [1, 1, 0], 'connections');
    assertEqual([a.count('disconnected'), b.count('disconnected')], [0, 0], 'connections that were lost');
    await b.close();
    if (!isStarted) await double.start();
    await a.untilConnected(double);
    await double.untilConnected(a);
  });
}
