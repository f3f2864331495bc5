import { expect, test } from 'vitest';
import type { Outgoing } from '../protocol/ready.ts';
import { Writes } from './writes.ts';

const to = { id: 'n2', storageId: '0'.repeat(32) };
const heldUntil = (ticket: number) => ({ ticket, to, message: { type: 'PreVoteReply', term: ticket, round: 0, granted: true } }) as const;

/** Writes that end when, and as, the test says. */
function makeWrites() {
  const ends: { resolve: () => void; reject: (error: Error) => void }[] = [];
  const sent: number[] = [];
  const failures: unknown[] = [];
  const writes = new Writes({
    storage: { write: () => new Promise<void>((resolve, reject) => void ends.push({ resolve, reject })) },
    stallTimeoutMs: 100,
    send: ({ message }: Outgoing) => void sent.push(message.term),
    completed: () => undefined,
    failed: (error) => void failures.push(error),
  });
  const hand = (ticket: number, now = 0): void => writes.hand({ ticket, entries: [] }, now);
  /** Ends the write of this position, and lets its promise be noticed. */
  const end = async (position: number, error?: Error): Promise<void> => {
    if (error) ends[position]?.reject(error);
    else ends[position]?.resolve();
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { writes, sent, failures, hand, end };
}

test('a message leaves once its ticket and each before it are durable, in the order in which it was held', async () => {
  const { writes, sent, hand, end } = makeWrites();
  hand(1);
  hand(2);
  for (const ticket of [2, 1, 2]) writes.hold(heldUntil(ticket));
  await end(1);
  expect(writes.takeDurable(0)).toBeUndefined();
  expect(sent).toEqual([]);
  await end(0);
  expect(writes.takeDurable(0)).toBe(2);
  expect(sent).toEqual([2, 1, 2]);
  writes.hold(heldUntil(2));
  expect(sent).toEqual([2, 1, 2, 2]);
  expect(writes.takeDurable(0)).toBeUndefined();
});

test('after a write that failed nothing leaves that waited, whatever ends later', async () => {
  const { writes, sent, failures, hand, end } = makeWrites();
  hand(1);
  hand(2);
  let acted = 0;
  writes.hold(heldUntil(1));
  writes.hold(heldUntil(2));
  writes.after(2, () => {
    acted += 1;
  });
  const failure = new Error('no space');
  await end(0, failure);
  await end(1);
  writes.hold(heldUntil(0));
  expect(writes.takeDurable(0)).toBeUndefined();
  expect({ sent, acted, failures }).toEqual({ sent: [], acted: 0, failures: [failure] });
});

test('a write that takes too long is told once, until one has ended', async () => {
  const { writes, hand, end } = makeWrites();
  expect(writes.stallsAt).toBe(Number.POSITIVE_INFINITY);
  hand(1, 10);
  hand(2, 20);
  hand(3, 30);
  expect(writes.stallsAt).toBe(110);
  expect(writes.takeStalled(109)).toBe(false);
  expect(writes.takeStalled(110)).toBe(true);
  expect(writes.takeStalled(500)).toBe(false);
  await end(0);
  writes.takeDurable(600);
  // The next had no chance before: its time begins now.
  expect(writes.stallsAt).toBe(700);
  await end(1);
  await end(2);
  writes.takeDurable(650);
  expect(writes.stallsAt).toBe(Number.POSITIVE_INFINITY);
});
