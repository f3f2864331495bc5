import { describe, expect, test } from 'vitest';
import { Driven, electionTimeoutMs, heartbeatIntervalMs } from '../driven/driven.ts';
import { identityOf } from '../driven/records.ts';
import { candidateOf, elect, exchange, lead, passForAll } from '../driven/together.ts';
import { rule } from './rules.ts';

const heartbeat = { type: 'AppendEntries', term: 2, round: 0, prevLogIndex: 1, prevLogTerm: 1, leaderCommit: 1, entries: [] } as const;

describe('the state of a server', () => {
  test(rule('Figure 2, State, currentTerm', 'it is 0 on a disk that was never used, and on the disk before anything names it'), () => {
    expect(new Driven('a', { terms: [] }).status.term).toBe(0);
    const node = new Driven('a', { term: 1 });
    node.syncs = false;
    node.receive('b', { ...heartbeat, term: 4 });
    expect(node.status.term).toBe(4);
    expect(node.sent).toEqual([]);
    node.sync();
    expect(node.take('AppendEntriesReply')).toMatchObject([{ message: { term: 4 } }]);
  });

  test(rule('Figure 2, State, currentTerm', 'it never falls'), () => {
    const node = new Driven('a', { term: 3 });
    for (const term of [5, 4, 1, 5, 6]) {
      const before = node.status.term;
      node.receive('b', { type: 'RequestVote', term, lastLogIndex: 1, lastLogTerm: 1 });
      expect(node.status.term).toBe(Math.max(before, term));
    }
  });

  test(rule('Figure 2, State, votedFor', 'it goes with its term: a higher one comes without a vote'), () => {
    const node = new Driven('a', { term: 3, votedFor: 'b' });
    expect(node.status.votedFor).toBe('b');
    node.receive('c', { ...heartbeat, term: 4 });
    expect(node.status.votedFor).toBeNull();
    node.restart();
    expect(node.status).toMatchObject({ term: 4, votedFor: null });
  });

  test(
    rule('Figure 2, State, log[]', 'indices begin at 1, each entry bears the term of the leader that took it, and a restart finds it'),
    () => {
      const [a, b, c] = lead();
      a.propose(7);
      exchange(a, b, c);
      for (const node of [a, b, c]) {
        expect(node.disk.entries.map(({ index, term, kind }) => [index, term, kind])).toEqual([
          [1, 1, 'configuration'],
          [2, 2, 'noop'],
          [3, 2, 'command'],
        ]);
      }
      b.restart();
      expect(b.status).toMatchObject({ firstIndex: 1, lastIndex: 3, durableIndex: 3 });
    },
  );

  test(rule('Figure 2, State, commitIndex', 'it begins at 0, and a late message with a lower one changes nothing'), () => {
    const node = new Driven('a', { terms: [1, 1, 2], term: 2 });
    expect(node.status.commitIndex).toBe(0);
    node.receive('b', { ...heartbeat, prevLogIndex: 3, prevLogTerm: 2, leaderCommit: 2 });
    expect(node.status.commitIndex).toBe(2);
    node.receive('b', { ...heartbeat, prevLogIndex: 3, prevLogTerm: 2, leaderCommit: 1 });
    expect(node.status.commitIndex).toBe(2);
  });

  test(rule('Figure 2, State, lastApplied', 'each life begins at the first entry: the state machine is volatile'), () => {
    const node = new Driven('a', { terms: [1, 1, 2], term: 2 });
    const beat = { ...heartbeat, prevLogIndex: 3, prevLogTerm: 2, leaderCommit: 2 };
    node.receive('b', beat);
    node.receive('b', beat);
    expect(node.committed).toEqual([1, 2]);
    node.restart();
    node.receive('b', beat);
    expect(node.committed).toEqual([1, 2, 1, 2]);
  });

  test(rule('Figure 2, State, nextIndex[]', 'the first append of a term goes on behind the log as it was at the election'), () => {
    const node = candidateOf('a', { terms: [1, 1, 1] });
    node.receive('b', { type: 'RequestVoteReply', term: 2, granted: true });
    const appends = node.take('AppendEntries');
    expect(appends.map(({ to }) => to)).toEqual(['b', 'c']);
    for (const { message } of appends) expect(message).toMatchObject({ prevLogIndex: 3, prevLogTerm: 1 });
    expect(node.status.followers['c']).toMatchObject({ nextIndex: 4, state: 'probe' });
  });

  test(
    rule('Figure 2, State, matchIndex[]', 'it begins at 0, rises with acknowledgements, never falls, and begins anew with the next office'),
    () => {
      const [a, b] = lead();
      a.propose(1);
      exchange(a, b);
      const matchOf = (id: string) => a.status.followers[id]?.matchIndex;
      expect([matchOf('b'), matchOf('c')]).toEqual([3, 2]);
      a.receive('b', { type: 'AppendEntriesReply', term: 2, round: 0, success: true, matchIndex: 1 });
      expect(matchOf('b')).toBe(3);
      passForAll([a], 2 * electionTimeoutMs);
      a.receive('b', { type: 'PreVoteReply', term: 2, round: roundOf(a), granted: true });
      a.receive('b', { type: 'RequestVoteReply', term: 3, granted: true });
      expect(a.status).toMatchObject({ role: 'leader', followers: { b: { matchIndex: 0 }, c: { matchIndex: 0 } } });
    },
  );
});

describe('all servers', () => {
  test(rule('Figure 2, All Servers, rule 1', 'what is committed is applied, each entry once, in the order of the log'), () => {
    const node = new Driven('a', { terms: [1, 1, 2, 2, 2], term: 2 });
    for (const leaderCommit of [2, 2, 4, 5]) node.receive('b', { ...heartbeat, prevLogIndex: 5, prevLogTerm: 2, leaderCommit });
    expect(node.committed).toEqual([1, 2, 3, 4, 5]);
  });

  const messages = [
    { type: 'RequestVote', term: 9, lastLogIndex: 1, lastLogTerm: 1 },
    { type: 'RequestVoteReply', term: 9, granted: false },
    { ...heartbeat, term: 9 },
    { type: 'AppendEntriesReply', term: 9, round: 0, success: true, matchIndex: 1 },
    { type: 'InstallSnapshotReply', term: 9, round: 0, transfer: 0, nextOffset: 0, installed: false },
  ] as const;
  for (const message of messages) {
    test(
      rule('Figure 2, All Servers, rule 2', `a candidate that gets ${message.type} of a higher term becomes a follower of that term`),
      () => {
        const node = candidateOf('a');
        node.receive('b', message);
        expect(node.status).toMatchObject({ role: 'follower', term: 9 });
      },
    );
  }
});

describe('followers', () => {
  test(rule('Figure 2, Followers, rule 1', 'they answer, and say nothing of their own accord'), () => {
    const node = new Driven('a', { term: 2 });
    node.pass(electionTimeoutMs - 1);
    expect(node.sent).toEqual([]);
    node.receive('b', { type: 'RequestVote', term: 3, lastLogIndex: 1, lastLogTerm: 1 });
    node.receive('b', { ...heartbeat, term: 3 });
    expect(node.sent.map(({ to, message }) => [to.id, message.type])).toEqual([
      ['b', 'RequestVoteReply'],
      ['b', 'AppendEntriesReply'],
    ]);
  });

  test(
    rule(
      'Figure 2, Followers, rule 2',
      'they campaign when they heard no leader for an election time-out, and a vote that they gave is waited for as long',
    ),
    () => {
      const node = new Driven('a', { term: 1 });
      node.pass(electionTimeoutMs - 1);
      node.receive('b', { type: 'RequestVote', term: 2, lastLogIndex: 1, lastLogTerm: 1 });
      node.pass(electionTimeoutMs - 1);
      node.receive('b', heartbeat);
      node.pass(electionTimeoutMs - 1);
      expect(node.take('PreVote')).toEqual([]);
      node.pass(electionTimeoutMs + 1);
      expect(node.take('PreVote').length).toBeGreaterThan(0);
    },
  );

  test(rule('Figure 2, Followers, rule 2', 'an append of an earlier term, or a vote that was refused, does not put that off'), () => {
    const node = new Driven('a', { terms: [1, 2], term: 2 });
    const due = node.wakeAt;
    node.pass(electionTimeoutMs / 2);
    node.receive('b', { ...heartbeat, term: 1 });
    node.receive('c', { type: 'RequestVote', term: 3, lastLogIndex: 1, lastLogTerm: 1 });
    expect(node.wakeAt).toBe(due);
  });
});

describe('the receiver of RequestVote', () => {
  test(rule('Figure 2, RequestVote, rule 1', 'it refuses an earlier term, and says its own'), () => {
    const node = new Driven('a', { term: 5 });
    node.receive('b', { type: 'RequestVote', term: 4, lastLogIndex: 9, lastLogTerm: 4 });
    expect(node.take('RequestVoteReply')).toMatchObject([{ message: { term: 5, granted: false } }]);
    expect(node.status.votedFor).toBeNull();
  });

  test(rule('Figure 2, RequestVote, rule 2', 'it grants to whoever asks first with a log as up to date, and to that one again'), () => {
    const node = new Driven('a', { terms: [1, 2, 2], term: 2 });
    const ask = { type: 'RequestVote', term: 3, lastLogIndex: 3, lastLogTerm: 2 } as const;
    const answers = (['b', 'b', 'c'] as const).map((from) => {
      node.receive(from, ask);
      return node.take('RequestVoteReply')[0]?.message.granted;
    });
    expect(answers).toEqual([true, true, false]);
    node.receive('c', { ...ask, term: 4, lastLogIndex: 2 });
    expect(node.take('RequestVoteReply')).toMatchObject([{ message: { term: 4, granted: false } }]);
  });
});

describe('leaders', () => {
  test(rule('Figure 2, Leaders, rule 1', 'they send to each server upon election, and a heartbeat in each interval'), () => {
    const node = candidateOf('a');
    node.receive('b', { type: 'RequestVoteReply', term: 2, granted: true });
    expect(node.take('AppendEntries').map(({ to }) => to)).toEqual(['b', 'c']);
    for (const peer of ['b', 'c']) node.receive(peer, { type: 'AppendEntriesReply', term: 2, round: 0, success: true, matchIndex: 2 });
    node.pass(heartbeatIntervalMs / 2);
    node.take('AppendEntries');
    for (let beat = 0; beat < 3; beat++) {
      node.pass(heartbeatIntervalMs);
      const beats = node.take('AppendEntries');
      expect(beats.map(({ to }) => to)).toEqual(['b', 'c']);
      for (const { message } of beats) expect(message.entries).toEqual([]);
    }
  });

  test(rule('Figure 2, Leaders, rule 2', 'a command becomes an entry of the leader’s log, and is applied once it is committed'), () => {
    const [a, b, c] = lead();
    a.propose(7);
    expect(a.outcomes).toEqual([{ id: 7, appended: { index: 3, term: 2 } }]);
    expect(a.committed).toEqual([1, 2]);
    exchange(a, b, c);
    expect(a.committed).toEqual([1, 2, 3]);
  });

  test(
    rule('Figure 2, Leaders, rule 3', 'success moves nextIndex and matchIndex; a conflict lowers nextIndex, and it goes again from there'),
    () => {
      const node = candidateOf('a', { terms: [1, 1, 2, 2], term: 2 });
      node.receive('b', { type: 'RequestVoteReply', term: 3, granted: true });
      node.take('AppendEntries');
      const refusal = { type: 'AppendEntriesReply', term: 3, round: 0, success: false } as const;
      node.receive('b', { ...refusal, prevLogIndex: 4, conflictIndex: 2, conflictTerm: 1 });
      const [again] = node.take('AppendEntries');
      expect(again).toMatchObject({ to: 'b', message: { prevLogIndex: 2, prevLogTerm: 1 } });
      expect(again?.message.entries.map(({ index }) => index)).toEqual([3, 4, 5]);
      node.receive('b', { type: 'AppendEntriesReply', term: 3, round: 0, success: true, matchIndex: 5 });
      expect(node.status.followers['b']).toMatchObject({ matchIndex: 5, nextIndex: 6 });
    },
  );

  test(
    rule('Figure 2, Leaders, rule 4', 'an entry of the current term is committed by the answer that makes a majority of five, not before'),
    () => {
      const voters = ['a', 'b', 'c', 'd', 'e'];
      const node = candidateOf('a', { voters, terms: [1, 1], term: 1 });
      for (const voter of ['b', 'c']) node.receive(voter, { type: 'RequestVoteReply', term: 2, granted: true });
      const commits = ['b', 'c', 'd'].map((voter) => {
        node.receive(voter, { type: 'AppendEntriesReply', term: 2, round: 0, success: true, matchIndex: 3 });
        return node.status.commitIndex;
      });
      expect(commits).toEqual([0, 3, 3]);
    },
  );

  test(rule('Figure 2, Leaders, rule 4', 'who is not a member of the configuration, or lost its disk, does not count'), () => {
    const [a] = lead();
    a.propose(1);
    const ok = { type: 'AppendEntriesReply', term: 2, round: 0, success: true, matchIndex: 3 } as const;
    a.receive('x', ok);
    a.step({ type: 'Receive', from: { ...identityOf('b'), storageId: 'f'.repeat(32) }, message: ok });
    expect(a.status.commitIndex).toBe(2);
    a.receive('b', ok);
    expect(a.status.commitIndex).toBe(3);
  });
});

describe('candidates', () => {
  test(rule('Figure 2, Candidates, rule 4', 'another time-out, another election, of a higher term'), () => {
    const [a, b] = [new Driven('a', { term: 1 }), new Driven('b', { term: 1 })];
    elect(a);
    a.receive('b', { type: 'PreVoteReply', term: 1, round: roundOf(a), granted: true });
    expect(a.status).toMatchObject({ role: 'candidate', term: 2 });
    a.sent.splice(0);
    b.now = a.now;
    elect(a, b);
    expect(a.status).toMatchObject({ role: 'leader', term: 3 });
  });
});

/** Of the pre-vote that it asks for next. */
function roundOf(node: Driven): number {
  node.pass(2 * electionTimeoutMs);
  return node.take('PreVote').at(-1)?.message.round ?? -1;
}
