import { describe, expect, test } from 'vitest';
import { Driven, electionTimeoutMs, heartbeatIntervalMs } from '../driven/driven.ts';
import { identityOf, logOf } from '../driven/records.ts';
import { candidateOf, elect, exchange, passForAll, three } from '../driven/together.ts';
import { rule } from './rules.ts';

const heartbeat = { type: 'AppendEntries', round: 0, prevLogIndex: 1, prevLogTerm: 1, leaderCommit: 1, entries: [] } as const;

describe('terms', () => {
  test(rule('§5.1, terms', 'a server that sees a higher term adopts it, durably, and follows'), () => {
    const node = new Driven('a', { term: 3, votedFor: 'a' });
    node.receive('b', { ...heartbeat, term: 5 });
    expect(node.status).toMatchObject({ role: 'follower', term: 5, votedFor: null, leaderId: 'b' });
    expect(node.disk.hardState).toEqual({ currentTerm: 5, votedFor: null });
  });

  test(rule('§5.1, stale requests', 'a request of an earlier term is answered with the current one, and changes nothing'), () => {
    const node = new Driven('a', { term: 5 });
    node.receive('b', { ...heartbeat, term: 4, entries: logOf([1, 4], ['a', 'b', 'c']).slice(1) });
    expect(node.take('AppendEntriesReply')).toMatchObject([{ to: 'b', message: { term: 5, success: false } }]);
    node.receive('b', { type: 'RequestVote', term: 4, lastLogIndex: 9, lastLogTerm: 4 });
    expect(node.take('RequestVoteReply')).toMatchObject([{ message: { term: 5, granted: false } }]);
    expect(node.terms).toEqual([1]);
    expect(node.status).toMatchObject({ term: 5, votedFor: null, leaderId: null });
  });

  test(rule('Figure 2, All Servers, rule 2', 'a leader that hears of a higher term steps down'), () => {
    const [a, b, c] = three();
    elect(a, b, c);
    a.receive('b', { type: 'AppendEntriesReply', term: 9, round: 0, success: false, prevLogIndex: 0, conflictIndex: 0, conflictTerm: 0 });
    expect(a.status).toMatchObject({ role: 'follower', term: 9, leaderId: null });
  });

  test(rule('Figure 2, State, currentTerm', 'the term survives a restart'), () => {
    const node = new Driven('a', { term: 1 });
    node.receive('b', { ...heartbeat, term: 7 });
    node.restart();
    expect(node.status).toMatchObject({ role: 'follower', term: 7 });
  });
});

describe('leader election', () => {
  test(rule('§5.2, followers', 'servers start as followers, and one that hears a leader stays one'), () => {
    const node = new Driven('a');
    expect(node.status.role).toBe('follower');
    for (let beat = 0; beat < 50; beat++) {
      node.receive('b', { ...heartbeat, term: 2 });
      node.pass(heartbeatIntervalMs);
    }
    expect(node.status).toMatchObject({ role: 'follower', term: 2, leaderId: 'b' });
  });

  test(
    rule('Figure 2, Candidates, rule 1', 'a candidate raises the term, votes for itself, and asks all others once that is on its disk'),
    () => {
      const node = new Driven('a');
      node.pass(2 * electionTimeoutMs);
      node.syncs = false;
      const { round } = node.take('PreVote').at(-1)?.message ?? { round: -1 };
      node.receive('b', { type: 'PreVoteReply', term: 1, round, granted: true });
      expect(node.status).toMatchObject({ role: 'candidate', term: 2, votedFor: 'a' });
      expect(node.take('RequestVote')).toEqual([]);
      node.sync();
      expect(node.disk.hardState).toEqual({ currentTerm: 2, votedFor: 'a' });
      expect(node.take('RequestVote')).toEqual([
        { to: 'b', message: { type: 'RequestVote', term: 2, lastLogIndex: 1, lastLogTerm: 1 } },
        { to: 'c', message: { type: 'RequestVote', term: 2, lastLogIndex: 1, lastLogTerm: 1 } },
      ]);
    },
  );

  test(rule('Figure 2, Candidates, rule 2', 'it leads with the votes of a majority, its own included'), () => {
    const node = candidateOf('a', { voters: ['a', 'b', 'c', 'd', 'e'] });
    node.receive('b', { type: 'RequestVoteReply', term: 2, granted: true });
    node.receive('b', { type: 'RequestVoteReply', term: 2, granted: true });
    node.receive('c', { type: 'RequestVoteReply', term: 2, granted: false });
    expect(node.status.role).toBe('candidate');
    node.receive('d', { type: 'RequestVoteReply', term: 2, granted: true });
    expect(node.status.role).toBe('leader');
  });

  test(rule('§5.2, majority', 'votes of an earlier term, of strangers and of wiped disks do not count'), () => {
    const node = candidateOf('a');
    node.receive('b', { type: 'RequestVoteReply', term: 1, granted: true });
    node.receive('x', { type: 'RequestVoteReply', term: 2, granted: true });
    node.step({
      type: 'Receive',
      from: { ...identityOf('b'), storageId: 'f'.repeat(32) },
      message: { type: 'RequestVoteReply', term: 2, granted: true },
    });
    expect(node.status.role).toBe('candidate');
  });

  test('its own vote counts only once it is durable', () => {
    const node = new Driven('a');
    node.pass(2 * electionTimeoutMs);
    const { round } = node.take('PreVote').at(-1)?.message ?? { round: -1 };
    node.syncs = false;
    node.receive('b', { type: 'PreVoteReply', term: 1, round, granted: true });
    // A majority of the others is not enough: a leader's term is on its own disk.
    for (const voter of ['b', 'c']) node.receive(voter, { type: 'RequestVoteReply', term: 2, granted: true });
    expect(node.status.role).toBe('candidate');
    node.sync();
    expect(node.status.role).toBe('leader');
  });

  test(rule('Figure 2, Candidates, rule 3', 'a candidate that hears a leader of its term follows it'), () => {
    const node = candidateOf('a');
    node.receive('b', { ...heartbeat, term: 2 });
    expect(node.status).toMatchObject({ role: 'follower', term: 2, leaderId: 'b', votedFor: 'a' });
  });

  test(rule('§5.2, another leader', 'a candidate rejects one of an earlier term, and stays candidate'), () => {
    const node = candidateOf('a');
    node.take('RequestVote');
    node.receive('b', { ...heartbeat, term: 1 });
    expect(node.take('AppendEntriesReply')).toMatchObject([{ message: { term: 2, success: false } }]);
    expect(node.status).toMatchObject({ role: 'candidate', term: 2, leaderId: null });
  });

  test(rule('Figure 2, Candidates, rule 4', 'a candidate that nobody answers tries again in time'), () => {
    const node = candidateOf('a');
    node.take('RequestVote');
    node.pass(2 * electionTimeoutMs);
    expect(node.take('PreVote').length).toBeGreaterThan(0);
  });

  test(rule('§5.2, one vote', 'a server votes for one candidate in a term, first come first served, also over a restart'), () => {
    const node = new Driven('a', { term: 1 });
    const ask = { type: 'RequestVote', term: 2, lastLogIndex: 1, lastLogTerm: 1 } as const;
    node.receive('b', ask);
    expect(node.take('RequestVoteReply')).toMatchObject([{ to: 'b', message: { granted: true } }]);
    node.receive('c', ask);
    expect(node.take('RequestVoteReply')).toMatchObject([{ to: 'c', message: { granted: false } }]);
    node.restart();
    node.receive('c', ask);
    expect(node.take('RequestVoteReply')).toMatchObject([{ to: 'c', message: { granted: false } }]);
    node.receive('b', ask);
    expect(node.take('RequestVoteReply')).toMatchObject([{ to: 'b', message: { granted: true } }]);
  });

  test(rule('Figure 2, State, votedFor', 'a vote leaves only when it is durable'), () => {
    const node = new Driven('a', { term: 1 });
    node.syncs = false;
    node.receive('b', { type: 'RequestVote', term: 2, lastLogIndex: 1, lastLogTerm: 1 });
    expect(node.take('RequestVoteReply')).toEqual([]);
    node.sync();
    expect(node.disk.hardState).toEqual({ currentTerm: 2, votedFor: 'b' });
    expect(node.take('RequestVoteReply')).toMatchObject([{ to: 'b', message: { term: 2, granted: true } }]);
  });

  test(
    rule(
      'Figure 2, State, votedFor',
      'nor in a term that is on the disk already, nor before the entries that the candidate was compared with',
    ),
    () => {
      const node = new Driven('a', { terms: [1], term: 2 });
      const ask = { type: 'RequestVote', term: 2, lastLogIndex: 3, lastLogTerm: 2 } as const;
      node.syncs = false;
      node.receive('b', ask);
      expect(node.take('RequestVoteReply')).toEqual([]);
      node.sync();
      expect(node.take('RequestVoteReply')).toMatchObject([{ to: 'b', message: { granted: true } }]);
      node.receive('b', { ...heartbeat, term: 2, entries: logOf([1, 2, 2], ['a', 'b', 'c']).slice(1) });
      node.receive('b', ask);
      expect(node.take('RequestVoteReply')).toEqual([]);
      node.sync();
      expect(node.take('RequestVoteReply')).toMatchObject([{ to: 'b', message: { granted: true } }]);
    },
  );

  test(rule('§5.2, random time-outs', 'time-outs are drawn from a range, so that candidates rarely meet'), () => {
    const waits = Array.from({ length: 40 }, (_, seed) => new Driven('a', { seed }).wakeAt);
    expect(Math.min(...waits)).toBeGreaterThanOrEqual(electionTimeoutMs);
    expect(Math.max(...waits)).toBeLessThanOrEqual(2 * electionTimeoutMs);
    expect(new Set(waits).size).toBeGreaterThan(30);
    const node = new Driven('a');
    const anew = Array.from({ length: 40 }, () => {
      node.receive('b', { ...heartbeat, term: 2 });
      return node.wakeAt - node.now;
    });
    expect(Math.min(...anew)).toBeGreaterThanOrEqual(electionTimeoutMs);
    expect(Math.max(...anew)).toBeLessThanOrEqual(2 * electionTimeoutMs);
    expect(new Set(anew).size).toBeGreaterThan(30);
  });
});

describe('the election restriction', () => {
  const mine = [1, 1, 2, 2];
  const cases = [
    { last: [4, 2], granted: true, why: 'is equal' },
    { last: [5, 2], granted: true, why: 'is longer, of the same term' },
    { last: [3, 2], granted: false, why: 'is shorter, of the same term' },
    { last: [1, 3], granted: true, why: 'is shorter, of a later term' },
    { last: [9, 1], granted: false, why: 'is longer, of an earlier term' },
  ] as const;
  for (const { last, granted, why } of cases) {
    const [lastLogIndex, lastLogTerm] = last;
    test(rule('§5.4.1, election restriction', `a voter ${granted ? 'grants its vote to' : 'refuses'} a log that ${why}`), () => {
      const node = new Driven('a', { terms: mine, term: 3 });
      node.receive('b', { type: 'PreVote', term: 3, round: 1, lastLogIndex, lastLogTerm });
      expect(node.take('PreVoteReply')).toMatchObject([{ message: { granted } }]);
      node.receive('b', { type: 'RequestVote', term: 4, lastLogIndex, lastLogTerm });
      expect(node.take('RequestVoteReply')).toMatchObject([{ message: { term: 4, granted } }]);
    });
  }
});

describe('thesis §9.6 pre-vote', () => {
  test('asking and granting move no term', () => {
    const [a, b] = three();
    a.pass(2 * electionTimeoutMs);
    expect(a.status).toMatchObject({ role: 'preCandidate', term: 1, votedFor: null });
    const { message } = a.take('PreVote').find(({ to }) => to === 'b') ?? {};
    if (message !== undefined) b.receive('a', message);
    expect(b.take('PreVoteReply')).toMatchObject([{ to: 'a', message: { term: 1, granted: true } }]);
    expect(b.status).toMatchObject({ role: 'follower', term: 1, votedFor: null });
    expect(b.disk.hardState).toEqual({ currentTerm: 1, votedFor: null });
  });

  test('a server that is cut off for long does not disturb the others when it is back', () => {
    const [a, b, c] = three();
    elect(a, b, c);
    for (let beat = 0; beat < 100; beat++) {
      c.pass(heartbeatIntervalMs);
      c.sent.splice(0);
      b.pass(heartbeatIntervalMs);
      a.pass(heartbeatIntervalMs);
      exchange(a, b);
    }
    expect(c.status).toMatchObject({ role: 'preCandidate', term: 2 });
    c.pass(2 * electionTimeoutMs);
    exchange(a, b, c);
    expect(a.status).toMatchObject({ role: 'leader', term: 2 });
    a.pass(heartbeatIntervalMs);
    exchange(a, b, c);
    expect(c.status).toMatchObject({ role: 'follower', term: 2, leaderId: 'a' });
  });

  test('who heard a leader lately refuses, and a late grant of an earlier round does not count', () => {
    const node = new Driven('a');
    node.receive('b', { ...heartbeat, term: 1 });
    node.take('AppendEntriesReply');
    node.receive('c', { type: 'PreVote', term: 1, round: 1, lastLogIndex: 5, lastLogTerm: 1 });
    expect(node.take('PreVoteReply')).toMatchObject([{ message: { granted: false } }]);
    node.pass(2 * electionTimeoutMs);
    const first = node.take('PreVote').at(-1)?.message.round ?? -1;
    node.pass(2 * electionTimeoutMs);
    node.receive('c', { type: 'PreVoteReply', term: 1, round: first, granted: true });
    expect(node.status).toMatchObject({ role: 'preCandidate', term: 1 });
  });

  test('a grant counts whatever term its voter is in: rounds say what it answers', () => {
    const node = new Driven('a', { voters: ['a', 'b', 'c'], terms: [1, 2], term: 2 });
    node.pass(2 * electionTimeoutMs);
    const { round } = node.take('PreVote').at(-1)?.message ?? { round: -1 };
    node.receive('b', { type: 'PreVoteReply', term: 1, round, granted: true });
    expect(node.status).toMatchObject({ role: 'candidate', term: 3 });
  });

  test('who heard a leader lately helps that leader itself, which lost its office in a restart', () => {
    const node = new Driven('a');
    node.receive('b', { ...heartbeat, term: 1 });
    node.take('AppendEntriesReply');
    node.receive('b', { type: 'PreVote', term: 1, round: 1, lastLogIndex: 5, lastLogTerm: 1 });
    expect(node.take('PreVoteReply')).toMatchObject([{ message: { granted: true } }]);
    node.receive('b', { type: 'RequestVote', term: 2, lastLogIndex: 5, lastLogTerm: 1 });
    expect(node.take('RequestVoteReply')).toMatchObject([{ message: { term: 2, granted: true } }]);
  });

  test('a refusal with a higher term is adopted: longer log with lower term and shorter log with higher term find a leader', () => {
    const voters = ['a', 'b', 'c'];
    const long = new Driven('a', { voters, terms: [1, 1, 2], term: 2 });
    const high = new Driven('b', { voters, terms: [1, 1], term: 7 });
    for (let round = 0; round < 20 && long.status.role !== 'leader'; round++) {
      for (const node of [long, high]) {
        node.pass(electionTimeoutMs);
        exchange(long, high);
      }
    }
    expect(long.status.role).toBe('leader');
    expect(long.status.term).toBeGreaterThan(7);
  });
});

describe('thesis §6.2 a leader that hears no majority', () => {
  test('steps down within two election time-outs, and its clients are told', () => {
    const nodes = three();
    const [a, b, c] = nodes;
    elect(a, b, c);
    a.step({ type: 'Read', id: 1 });
    passForAll([a], 2 * electionTimeoutMs);
    expect(a.status).toMatchObject({ role: 'follower', term: 2 });
    expect(a.reads).toMatchObject([{ id: 1, rejected: 'notLeader' }]);
  });

  test('leads on as long as a majority answers', () => {
    const [a, b, c] = three();
    elect(a, b, c);
    for (let beat = 0; beat < 50; beat++) {
      a.pass(heartbeatIntervalMs);
      b.pass(heartbeatIntervalMs);
      exchange(a, b);
    }
    expect(a.status).toMatchObject({ role: 'leader', term: 2 });
  });
});

describe('a server that no configuration names', () => {
  test('neither votes nor campaigns', () => {
    const node = new Driven('x', { voters: ['a', 'b', 'c'] });
    node.receive('a', { type: 'RequestVote', term: 2, lastLogIndex: 5, lastLogTerm: 1 });
    expect(node.take('RequestVoteReply')).toMatchObject([{ message: { granted: false } }]);
    node.pass(20 * electionTimeoutMs);
    expect(node.status).toMatchObject({ role: 'follower', blank: true });
    expect(node.sent).toEqual([]);
  });
});
