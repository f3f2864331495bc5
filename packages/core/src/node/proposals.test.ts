import { expect, test } from 'vitest';
import { Proposals } from './proposals.ts';

const command = new Uint8Array(1);

/** Proposals at a time that the test sets, standing at index 10. */
function makeProposals() {
  const time = { now: 0 };
  const proposals = new Proposals<string>({ now: () => time.now, outcomeTimeoutMs: 100, wake: () => undefined }, 10);
  const open = () => proposals.open(command, undefined);
  const hand = (): readonly number[] => proposals.takeBatch().map(({ id }) => id);
  return { time, proposals, open, hand };
}

test('a proposal is committed when its index is applied in its term', async () => {
  const { proposals, open, hand } = makeProposals();
  const made = open();
  const [id = 0] = hand();
  proposals.outcome({ id, appended: { index: 11, term: 2 } });
  proposals.applied(11, 2, 'done');
  expect(await made).toEqual({ outcome: 'committed', index: 11, result: 'done' });
  expect(proposals.size).toBe(0);
});

test('of two proposals that stood at one index, the one of the applied term is committed, the other never happens', async () => {
  const { proposals, open, hand } = makeProposals();
  const older = open();
  const newer = open();
  const [first = 0, second = 0] = hand();
  proposals.outcome({ id: first, appended: { index: 11, term: 2 } });
  proposals.outcome({ id: second, appended: { index: 11, term: 4 } });
  proposals.applied(11, 4, 'done');
  expect(await older).toEqual({ outcome: 'rejected', code: 'superseded' });
  expect(await newer).toEqual({ outcome: 'committed', index: 11, result: 'done' });
});

test('a result is not lost when the entry is applied before the leader has told where it put it', async () => {
  const { proposals, open, hand } = makeProposals();
  const overtaken = open();
  const overwritten = open();
  const [first = 0, second = 0] = hand();
  proposals.applied(11, 2, 'done');
  proposals.applied(12, 3, 'of somebody else');
  proposals.outcome({ id: first, appended: { index: 11, term: 2 } });
  proposals.outcome({ id: second, appended: { index: 12, term: 2 } });
  expect(await overtaken).toEqual({ outcome: 'committed', index: 11, result: 'done' });
  expect(await overwritten).toEqual({ outcome: 'rejected', code: 'superseded' });
});

test('what a snapshot passed is unknown, placed before it or after', async () => {
  const { proposals, open, hand } = makeProposals();
  const placed = open();
  const placedLate = open();
  const beyond = open();
  const [first = 0, second = 0, third = 0] = hand();
  proposals.outcome({ id: first, appended: { index: 11, term: 2 } });
  proposals.outcome({ id: third, appended: { index: 31, term: 2 } });
  proposals.restored(30);
  proposals.outcome({ id: second, appended: { index: 12, term: 2 } });
  proposals.applied(31, 2, 'done');
  expect(await placed).toEqual({ outcome: 'unknown', code: 'passedBySnapshot' });
  expect(await placedLate).toEqual({ outcome: 'unknown', code: 'passedBySnapshot' });
  expect(await beyond).toEqual({ outcome: 'committed', index: 31, result: 'done' });
});

test('each waits for its own time-out, and one that was settled is not waited for', async () => {
  const { time, proposals, open, hand } = makeProposals();
  const first = open();
  const [id = 0] = hand();
  time.now = 40;
  const second = open();
  hand();
  proposals.outcome({ id, rejected: 'overloaded', leaderId: 'n2' });
  expect(await first).toEqual({ outcome: 'rejected', code: 'overloaded', leaderId: 'n2' });

  proposals.expire(100);
  expect(proposals.size).toBe(1);
  expect(proposals.deadline).toBe(140);
  proposals.expire(140);
  expect(await second).toEqual({ outcome: 'unknown', code: 'timeout' });
  expect(proposals.deadline).toBe(Number.POSITIVE_INFINITY);
});

test('what is aborted before it was handed over is never handed over', async () => {
  const { proposals, open, hand } = makeProposals();
  const abort = new AbortController();
  const aborted = proposals.open(command, abort.signal);
  const kept = open();
  abort.abort();
  const handed = hand();
  expect(handed).toHaveLength(1);
  const [id = 0] = handed;
  proposals.outcome({ id, appended: { index: 11, term: 1 } });
  proposals.applied(11, 1, 'kept');
  expect(await aborted).toEqual({ outcome: 'rejected', code: 'aborted' });
  expect(await kept).toMatchObject({ outcome: 'committed', result: 'kept' });
});

test('at the end, nothing happened to what was not handed over, and the rest is unknown', async () => {
  const { proposals, open, hand } = makeProposals();
  const handed = open();
  hand();
  const unhanded = open();
  proposals.end('closed');
  expect(await handed).toEqual({ outcome: 'unknown', code: 'closed' });
  expect(await unhanded).toEqual({ outcome: 'rejected', code: 'closed' });
  expect(hand()).toEqual([]);
});
