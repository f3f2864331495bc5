import { describe, expect, test } from 'vitest';
import { Driven, electionTimeoutMs, heartbeatIntervalMs } from './driven/driven.ts';
import { identityOf } from './driven/records.ts';
import { elect, exchange } from './driven/together.ts';

const heartbeat = { type: 'AppendEntries', term: 2, round: 0, prevLogIndex: 1, prevLogTerm: 1, leaderCommit: 1, entries: [] } as const;

/** Its timer fires, so long after it was due. */
function wake(node: Driven, lateMs: number): void {
  node.now = Math.max(node.now, node.wakeAt) + lateMs;
  node.step({ type: 'Tick', lateMs });
}

/** A node whose timers have come late for a while, though it hears its leader. */
function hidden(id: string): Driven {
  const node = new Driven(id);
  for (let second = 0; second < 5; second++) {
    node.receive('b', heartbeat);
    wake(node, electionTimeoutMs / 2);
  }
  node.receive('b', heartbeat);
  node.sent.splice(0);
  return node;
}

describe('a node whose timers come late', () => {
  test('does not take its own sleep for silence of the leader', () => {
    const node = new Driven('a');
    node.receive('b', heartbeat);
    wake(node, 60 * electionTimeoutMs);
    expect(node.take('PreVote')).toEqual([]);
    node.receive('b', heartbeat);
    expect(node.status).toMatchObject({ role: 'follower', leaderId: 'b', timersSlowed: false });
    node.pass(electionTimeoutMs - 1);
    expect(node.take('PreVote')).toEqual([]);
  });

  test('campaigns if nothing is heard for another time-out: perhaps nobody else can win', () => {
    const node = new Driven('a');
    wake(node, electionTimeoutMs);
    expect(node.status.role).toBe('follower');
    wake(node, electionTimeoutMs);
    expect(node.status.role).toBe('preCandidate');
    expect(node.take('PreVote')).toHaveLength(2);
  });

  test('waits only shortly when the connection with its leader is gone: nothing is on its way then', () => {
    const node = new Driven('a');
    node.step({ type: 'Connected', from: identityOf('b') });
    node.receive('b', heartbeat);
    node.step({ type: 'Disconnected', from: identityOf('b') });
    wake(node, electionTimeoutMs / 2);
    expect(node.take('PreVote')).toEqual([]);
    node.pass(electionTimeoutMs / 5);
    expect(node.take('PreVote').length).toBeGreaterThan(0);
  });

  test('says so when it goes on, and no longer when timers are punctual again', () => {
    const node = new Driven('a');
    const seen: boolean[] = [];
    for (const lateMs of [0, electionTimeoutMs, 0, 0, electionTimeoutMs, electionTimeoutMs, 0, electionTimeoutMs, 0, 0, 0, 0, 0, 0]) {
      node.receive('b', heartbeat);
      wake(node, lateMs);
      seen.push(node.status.timersSlowed);
    }
    const calm = Array.from({ length: 5 }, () => false);
    expect(seen).toEqual([...calm, ...Array.from({ length: 7 }, () => true), false, false]);
  });

  test('is not called slowed for what a busy machine does to a timer', () => {
    const node = new Driven('a');
    for (let beat = 0; beat < 100; beat++) {
      node.receive('b', heartbeat);
      wake(node, electionTimeoutMs / 5);
    }
    expect(node.status.timersSlowed).toBe(false);
  });

  test('lets the others campaign first, even if this one timer was punctual', () => {
    const node = hidden('a');
    expect(node.status.timersSlowed).toBe(true);
    wake(node, 0);
    expect(node.take('PreVote')).toEqual([]);
    node.receive('c', { type: 'PreVote', term: 2, round: 1, lastLogIndex: 1, lastLogTerm: 1 });
    expect(node.take('PreVoteReply')).toMatchObject([{ to: 'c', message: { granted: true } }]);
    wake(node, 0);
    expect(node.take('PreVote')).toHaveLength(2);
  });

  test('lets an asker go first whose message wakes it, though its own time-out is long over: else both would ask, each time', () => {
    const node = new Driven('a');
    wake(node, electionTimeoutMs);
    node.now = node.wakeAt + 60 * electionTimeoutMs;
    node.receive('c', { type: 'PreVote', term: 2, round: 1, lastLogIndex: 1, lastLogTerm: 1 });
    node.step({ type: 'Tick' });
    expect(node.sent.map(({ message }) => message)).toMatchObject([{ type: 'PreVoteReply', granted: true }]);
    node.pass(electionTimeoutMs / 5);
    expect(node.take('PreVote').length).toBeGreaterThan(0);
  });

  test('gives way anew once it has heard a leader', () => {
    const node = hidden('a');
    for (let silence = 0; silence < 3; silence++) {
      wake(node, 0);
      expect(node.status.role).toBe('follower');
      wake(node, 0);
      expect(node.status.role).toBe('preCandidate');
      node.receive('b', heartbeat);
    }
  });

  test('gives way anew once it has led itself', () => {
    const [a, b, c] = [hidden('a'), new Driven('b'), new Driven('c')];
    wake(a, 0);
    elect(a, b, c);
    expect(a.status.role).toBe('leader');
    wake(a, 10 * electionTimeoutMs);
    wake(a, 0);
    expect(a.status.role).toBe('follower');
    wake(a, 0);
    expect(a.status.role).toBe('preCandidate');
  });

  test('may win all the same, and leads for as long as the others hear it in time', () => {
    const [a, b, c] = [hidden('a'), new Driven('b'), new Driven('c')];
    wake(a, electionTimeoutMs);
    elect(a, b, c);
    expect(a.status).toMatchObject({ role: 'leader', timersSlowed: true });
    for (let beat = 0; beat < 5; beat++) {
      wake(a, electionTimeoutMs - heartbeatIntervalMs - 1);
      exchange(a, b, c);
    }
    expect(a.status.role).toBe('leader');
    expect([b.status.leaderId, c.status.leaderId]).toEqual(['a', 'a']);
  });
});
