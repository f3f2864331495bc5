import { describe, expect, test } from 'vitest';
import { Driven, electionTimeoutMs, heartbeatIntervalMs } from '../driven/driven.ts';
import { elect, exchange, lead, passForAll } from '../driven/together.ts';
import { rule } from './rules.ts';

describe('thesis §6.4 reads without the log', () => {
  test(rule('§8, reads, rule 2', 'a read gets the commit index, once a majority has answered a round that began after it'), () => {
    const [a, b, c] = lead();
    a.step({ type: 'Read', id: 1 });
    expect(a.reads).toEqual([]);
    exchange(a, b);
    expect(a.reads).toEqual([{ id: 1, index: a.status.commitIndex }]);
    expect(c.reads).toEqual([]);
  });

  test('answers to earlier rounds do not count', () => {
    const [a, b] = lead();
    a.pass(heartbeatIntervalMs);
    const early = a.sent.splice(0);
    a.step({ type: 'Read', id: 1 });
    a.sent.splice(0);
    for (const { to, message } of early) if (to.id === 'b') b.receive('a', message);
    for (const { message } of b.sent.splice(0)) a.receive('b', message);
    expect(a.reads).toEqual([]);
  });

  test('seed 515: the refusal of an append of an earlier term confirms no read of this one', () => {
    const [a, b, c] = lead();
    for (let id = 1; id <= 5; id++) {
      a.step({ type: 'Read', id });
      exchange(a, b, c);
    }
    a.step({ type: 'Read', id: 6 });
    const old = a.sent.splice(0).find(({ to, message }) => to.id === 'b' && message.type === 'AppendEntries');
    passForAll([a], 2 * electionTimeoutMs);
    elect(a, b, c);
    expect(a.status).toMatchObject({ role: 'leader', term: 3 });
    if (old !== undefined) b.receive('a', old.message);
    exchange(a, b);
    a.reads.splice(0);
    a.step({ type: 'Read', id: 7 });
    expect(a.reads).toEqual([]);
  });

  test('many reads share a round, and those that come during one share the next', () => {
    const [a, b, c] = lead();
    const rounds = () =>
      new Set(a.sent.filter(({ message }) => message.type === 'AppendEntries').map(({ message }) => 'round' in message && message.round))
        .size;
    for (let id = 1; id <= 10; id++) a.step({ type: 'Read', id });
    expect(rounds()).toBe(1);
    exchange(a, b, c);
    expect(a.reads.map(({ id }) => id).sort((x, y) => x - y)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });

  test('a leader that is cut off serves none', () => {
    const [a, b, c] = lead();
    a.step({ type: 'Read', id: 1 });
    a.sent.splice(0);
    passForAll([b, c], 2 * electionTimeoutMs);
    elect(b, c);
    b.propose(7);
    exchange(b, c);
    expect(b.status.commitIndex).toBeGreaterThan(a.status.commitIndex);
    passForAll([a], 2 * electionTimeoutMs);
    expect(a.reads).toMatchObject([{ id: 1, rejected: 'notLeader' }]);
  });

  test(rule('§8, reads, rule 1', 'a new leader serves none before an entry of its own term is committed'), () => {
    const node = new Driven('a', { terms: [1, 1, 1], term: 1 });
    node.pass(2 * electionTimeoutMs);
    const { round } = node.take('PreVote').at(-1)?.message ?? { round: -1 };
    node.receive('b', { type: 'PreVoteReply', term: 1, round, granted: true });
    node.receive('b', { type: 'RequestVoteReply', term: 2, granted: true });
    expect(node.status.role).toBe('leader');
    node.step({ type: 'Read', id: 1 });
    node.receive('b', { type: 'AppendEntriesReply', term: 2, round: 0, success: true, matchIndex: 3 });
    expect(node.status.commitIndex).toBe(0);
    expect(node.reads).toEqual([]);
    node.receive('b', { type: 'AppendEntriesReply', term: 2, round: 0, success: true, matchIndex: 4 });
    expect(node.status.commitIndex).toBe(4);
    expect(node.reads).toEqual([]);
    const asked = node.take('AppendEntries').at(-1)?.message.round ?? -1;
    node.receive('b', { type: 'AppendEntriesReply', term: 2, round: asked, success: true, matchIndex: 4 });
    expect(node.reads).toEqual([{ id: 1, index: 4 }]);
  });

  test('a follower asks its leader, and a late answer to an earlier life answers nothing', () => {
    const [a, b, c] = lead();
    b.step({ type: 'Read', id: 5 });
    const asked = b.sent.find(({ message }) => message.type === 'ReadIndex');
    expect(asked?.to.id).toBe('a');
    exchange(a, b, c);
    expect(b.reads).toEqual([{ id: 5, index: a.status.commitIndex }]);
    b.restart();
    b.reads.splice(0);
    if (asked?.message.type === 'ReadIndex') {
      b.receive('a', { type: 'ReadIndexReply', term: a.status.term, source: asked.message.source, id: asked.message.id, index: 99 });
    }
    expect(b.reads).toEqual([]);
  });

  test('without a leader a read is rejected, not kept', () => {
    const node = new Driven('a');
    node.step({ type: 'Read', id: 1 });
    expect(node.reads).toMatchObject([{ id: 1, rejected: 'noLeader' }]);
  });
});

describe('proposals through a follower', () => {
  test(rule('§8, finding the leader', 'are appended by the leader, and their place is told'), () => {
    const [a, b, c] = lead();
    b.propose(1, 2);
    exchange(a, b, c);
    expect(b.outcomes).toEqual([
      { id: 1, appended: { index: 3, term: 2 } },
      { id: 2, appended: { index: 4, term: 2 } },
    ]);
    expect(a.status.commitIndex).toBe(4);
  });

  test(rule('§8, finding the leader', 'a follower that knows none says so'), () => {
    const node = new Driven('a');
    node.propose(1);
    expect(node.outcomes).toEqual([{ id: 1, rejected: 'noLeader' }]);
  });

  test('are taken once, however many copies arrive', () => {
    const [a, b, c] = lead();
    b.propose(1);
    const copy = b.sent.find(({ message }) => message.type === 'Propose');
    exchange(a, b, c);
    const { lastIndex } = a.status;
    if (copy !== undefined) a.receive('b', copy.message);
    expect(a.status.lastIndex).toBe(lastIndex);
  });

  test('are taken only by the leader of the term that they name', () => {
    const [a, b, c] = lead();
    b.propose(1);
    const late = b.sent.splice(0).find(({ message }) => message.type === 'Propose');
    passForAll([a], 2 * electionTimeoutMs);
    elect(a, b, c);
    expect(a.status).toMatchObject({ role: 'leader', term: 3 });
    const { lastIndex } = a.status;
    if (late !== undefined) a.receive('b', late.message);
    expect(a.status.lastIndex).toBe(lastIndex);
  });
});
