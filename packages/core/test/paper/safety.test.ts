import { describe, expect, test } from 'vitest';
import { parseConfig } from '../../src/config.ts';
import { Driven, electionTimeoutMs, heartbeatIntervalMs } from '../driven/driven.ts';
import { logOf } from '../driven/records.ts';
import { elect, exchange, lead, passForAll } from '../driven/together.ts';
import { rule } from './rules.ts';

const voters = ['a', 'b', 'c', 'd', 'e'];

describe('log properties', () => {
  test(rule('§5.3, log matching', 'logs that share an entry are the same up to it, byte for byte'), () => {
    const a = new Driven('a', { terms: [1, 2, 2, 4], term: 4 });
    const b = new Driven('b', { terms: [1, 2, 3, 3, 3], term: 4 });
    const c = new Driven('c', { terms: [1], term: 4 });
    elect(a, c);
    a.pass(heartbeatIntervalMs);
    exchange(a, b, c);
    a.propose(1, 2);
    exchange(a, b, c);
    const bytesOf = (node: Driven) => node.disk.entries.map(({ bytes }) => bytes);
    expect(bytesOf(b)).toEqual(bytesOf(a));
    expect(bytesOf(c)).toEqual(bytesOf(a));
  });

  test(rule('§5.3, append-only', 'whatever a leader hears, what it has stays where it is'), () => {
    const [a, b, c] = lead();
    a.propose(1, 2, 3);
    const before = a.disk.entries.map(({ bytes }) => bytes);
    const { term } = a.status;
    for (const conflictIndex of [0, 1, 2, 4]) {
      a.receive('b', { type: 'AppendEntriesReply', term, round: 0, success: false, prevLogIndex: 2, conflictIndex, conflictTerm: 1 });
      a.receive('c', {
        type: 'AppendEntries',
        term: term - 1,
        round: 0,
        prevLogIndex: 1,
        prevLogTerm: 1,
        leaderCommit: 1,
        entries: logOf([1, 1], ['a', 'b', 'c']).slice(1),
      });
    }
    a.propose(4);
    exchange(a, b, c);
    expect(a.status.role).toBe('leader');
    expect(a.disk.entries.slice(0, before.length).map(({ bytes }) => bytes)).toEqual(before);
  });
});

describe('leader completeness', () => {
  // Entry 3/2 is committed: a, b and c have it.
  const terms: Readonly<Record<string, readonly number[]>> = { a: [1, 1, 2], b: [1, 1, 2], c: [1, 1, 2], d: [1, 1], e: [1, 1, 1, 1] };
  for (const id of voters) {
    const wins = ['a', 'b', 'c'].includes(id);
    test(
      rule(
        '§5.4.3, leader completeness',
        `${id}, ${wins ? 'who has' : 'who lacks'} a committed entry, ${wins ? 'may' : 'can not'} be elected by all others`,
      ),
      () => {
        const nodes = voters.map((voter) => new Driven(voter, { voters, term: 2, terms: terms[voter] ?? [] }));
        const candidate = nodes.find((node) => node.id === id);
        if (candidate === undefined) throw new Error(`no ${id}`);
        elect(candidate, ...nodes.filter((node) => node !== candidate));
        expect(candidate.status.role === 'leader').toBe(wins);
      },
    );
  }
});

describe('crashes of followers and candidates', () => {
  test(rule('§5.5, retries', 'a follower that crashes before it answers is asked until it is back and has answered'), () => {
    const [a, b, c] = lead();
    a.propose(1);
    a.sent.splice(0);
    c.restart();
    for (let beat = 0; beat < 5; beat++) {
      passForAll([a], heartbeatIntervalMs);
      a.pass(heartbeatIntervalMs);
      exchange(a, b);
    }
    expect(c.status.lastIndex).toBe(2);
    a.pass(heartbeatIntervalMs);
    exchange(a, b, c);
    expect(c.status).toMatchObject({ lastIndex: 3, commitIndex: 3 });
  });

  test(rule('§5.5, idempotence', 'a vote and an append that come again, after a crash too, get the same answer and change nothing'), () => {
    const node = new Driven('a', { terms: [1], term: 1 });
    const ask = { type: 'RequestVote', term: 2, lastLogIndex: 1, lastLogTerm: 1 } as const;
    const entries = logOf([1, 2, 2], ['a', 'b', 'c']).slice(1);
    const append = { type: 'AppendEntries', term: 2, round: 0, prevLogIndex: 1, prevLogTerm: 1, leaderCommit: 1, entries } as const;
    for (const message of [ask, append]) {
      const answers = [1, 2, 3].map((copy) => {
        if (copy === 3) node.restart();
        node.receive('b', message);
        return node.sent.splice(0);
      });
      expect(answers[0]).toMatchObject([message === ask ? { message: { granted: true } } : { message: { success: true, matchIndex: 3 } }]);
      expect(answers[1]).toEqual(answers[0]);
      expect(answers[2]).toEqual(answers[0]);
    }
    expect(node.terms).toEqual([1, 2, 2]);
    expect(node.disk.hardState).toEqual({ currentTerm: 2, votedFor: 'b' });
  });
});

describe('timing', () => {
  test(rule('§5.6, timing', 'a configuration whose heartbeats are not well within an election time-out is refused'), () => {
    expect(() => parseConfig({ electionTimeoutMs: 100, heartbeatIntervalMs: 51 })).toThrow(/heartbeatIntervalMs/);
    expect(parseConfig({ electionTimeoutMs: 100, heartbeatIntervalMs: 50 }).electionTimeoutMs).toBe(100);
  });

  test(rule('§5.6, timing', 'with messages faster than that a leader keeps its office'), () => {
    const nodes = lead();
    const [a, ...others] = nodes;
    const end = a.now + 50 * electionTimeoutMs;
    while (a.now < end) {
      for (const node of nodes) node.pass(heartbeatIntervalMs / 4);
      exchange(...nodes);
    }
    expect(a.status).toMatchObject({ role: 'leader', term: 2 });
    expect(others.map(({ status }) => status.leaderId)).toEqual(['a', 'a']);
  });
});
