import { assertEqual, assertTrue } from './assert.ts';
import { sampleAppend } from './sample-messages.ts';
import { type DeclareTest, member, turns } from './transport-world.ts';

const n1 = member('n1');
const n2 = member('n2');
const n3 = member('n3');

/** Connections come, stay, go, and come again. */
export function testConnections(test: DeclareTest): void {
  test('connects two nodes when one of them dials', async ({ start }) => {
    const [a, b] = [await start(n1), await start(n2)];
    b.dial(a);
    await a.untilConnected(b);
    await b.untilConnected(a);
    assertEqual(a.calls, [{ type: 'connected', from: n2 }], 'the one that was dialled is told who dialled');
    assertEqual(b.calls, [{ type: 'connected', from: n1 }], 'the one that dialled is told who answered');
  });

  for (let attempt = 1; attempt <= 5; attempt += 1) {
    test(`makes one connection of two when both dial at once, attempt ${attempt}`, async ({ start }) => {
      const [a, b] = [await start(n1), await start(n2)];
      a.dial(b);
      b.dial(a);
      await a.untilConnected(b);
      await b.untilConnected(a);
      const rounds = 20;
      for (let round = 1; round <= rounds; round += 1) {
        a.send(b.peer, sampleAppend({ round, entries: 1, bytes: 10 }));
        b.send(a.peer, sampleAppend({ round, entries: 1, bytes: 10 }));
        await a.until(() => a.messages.length === round, `message ${round} arrives at n1`);
        await b.until(() => b.messages.length === round, `message ${round} arrives at n2`);
      }
      assertEqual([a.count('connected'), b.count('connected')], [1, 1], 'connected is told once');
      assertEqual([a.count('disconnected'), b.count('disconnected')], [0, 0], 'giving up one of two connections is no disconnection');
    });
  }

  test('connects to a node that starts later', async ({ start }) => {
    const a = await start(n1);
    const earlier = await start(n2);
    const address = earlier.address;
    await earlier.close();
    a.dial(earlier);
    await turns(10);
    assertTrue(!a.isConnected(earlier.peer), 'no connection with a node that is not there');
    const b = await start(n2, { at: address });
    await a.untilConnected(b);
  });

  test('tells that a connection is gone when the other end closes, and connects again when it is back', async ({ start }) => {
    const a = await start(n1);
    let b = await start(n2);
    a.dial(b);
    await a.untilConnected(b);
    for (let restart = 1; restart <= 3; restart += 1) {
      const { address, peer } = b;
      await b.close();
      await a.until(() => !a.isConnected(peer), 'the connection is gone');
      b = await start(n2, { at: address });
      const restarted = b;
      await a.untilConnected(restarted);
      await restarted.untilConnected(a);
      a.send(peer, sampleAppend({ round: restart, entries: 1, bytes: 10 }));
      await restarted.until(() => restarted.messages.length === 1, 'a message arrives after the restart');
    }
    assertEqual([a.count('connected'), a.count('disconnected')], [4, 3], 'each connection is told once');
  });
}

/** The list of nodes to dial. */
export function testPeers(test: DeclareTest): void {
  test('takes a list of peers at run time, and keeps connections with those that are not in it any more', async ({ start }) => {
    const [a, b, c] = [await start(n1), await start(n2), await start(n3)];
    a.dial(b);
    await a.untilConnected(b);
    a.dial(c);
    await a.untilConnected(b, c);
    a.dial();
    a.send(b.peer, sampleAppend({ round: 1, entries: 1, bytes: 10 }));
    await b.until(() => b.messages.length === 1, 'a message arrives at a node that is dialled no more');
    assertEqual(a.count('disconnected'), 0, 'nothing is disconnected by a new list');
  });

  test('does not dial a node again that was taken from the list', async ({ start }) => {
    const [a, b, c] = [await start(n1), await start(n2), await start(n3)];
    a.dial(b);
    await a.untilConnected(b);
    a.dial(c);
    await a.untilConnected(c);
    const { address } = b;
    await b.close();
    await a.until(() => !a.isConnected(b.peer), 'the connection is gone');
    const restarted = await start(n2, { at: address });
    // Something else that takes a whole restart, for a connection to have its chance.
    const { address: place } = c;
    await c.close();
    await a.until(() => !a.isConnected(c.peer), 'the other connection is gone');
    const again = await start(n3, { at: place });
    await a.untilConnected(again);
    assertEqual(restarted.count('connected'), 0, 'a node that is not in the list is not dialled');
  });

  test('ignores itself in the list of peers', async ({ start }) => {
    const [a, b] = [await start(n1), await start(n2)];
    a.dial(a, b);
    await a.untilConnected(b);
    await turns(10);
    assertEqual(a.calls, [{ type: 'connected', from: n2 }], 'a node has no connection with itself');
    assertEqual(a.refusals, [], 'and nothing to complain about');
  });

  test('starts dialling what it was told before the start', async ({ start, make }) => {
    const b = await start(n2);
    const a = make(n1);
    a.dial(b);
    await a.start();
    await a.untilConnected(b);
  });
}

/** The end of a transport. */
export function testClose(test: DeclareTest): void {
  test('calls nobody back after close, and closes twice', async ({ start }) => {
    const [a, b] = [await start(n1), await start(n2)];
    a.dial(b);
    await a.untilConnected(b);
    await b.untilConnected(a);
    a.send(b.peer, sampleAppend({ round: 1, entries: 10, bytes: 1000 }));
    await b.close();
    const told = b.calls.length;
    await a.until(() => !a.isConnected(b.peer), 'the other end is told');
    await b.close();
    await b.transport[Symbol.asyncDispose]();
    await turns(10);
    assertEqual(b.calls.length, told, 'calls after close');
  });

  test('closes before it was started, and while a connection is being made', async ({ start, make }) => {
    await make(n3).close();
    const [a, b] = [await start(n1), await start(n2)];
    a.dial(b);
    b.dial(a);
    await Promise.all([a.close(), b.close()]);
    await turns(10);
    assertEqual([a.count('receive'), b.count('receive')], [0, 0], 'nothing was received');
  });
}
