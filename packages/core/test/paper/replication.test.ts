import { describe, expect, test } from 'vitest';
import { Driven, electionTimeoutMs, heartbeatIntervalMs } from '../driven/driven.ts';
import { logOf } from '../driven/records.ts';
import { elect, exchange, lead } from '../driven/together.ts';
import { rule } from './rules.ts';

const voters = ['a', 'b', 'c'];

function append(
  prevLogIndex: number,
  prevLogTerm: number,
  terms: readonly number[],
  more: { readonly term: number; readonly leaderCommit?: number },
) {
  const fill = [...Array.from({ length: prevLogIndex }, () => prevLogTerm), ...terms];
  const entries = logOf(fill, voters).slice(prevLogIndex);
  return { type: 'AppendEntries', round: 0, prevLogIndex, prevLogTerm, leaderCommit: 0, entries, ...more } as const;
}

describe('a follower that is sent entries', () => {
  test(rule('Figure 2, AppendEntries, rule 1', 'answers no to an earlier term'), () => {
    const node = new Driven('a', { terms: [1, 1, 3], term: 3 });
    node.receive('b', append(1, 1, [2], { term: 2 }));
    expect(node.take('AppendEntriesReply')).toMatchObject([{ message: { term: 3, success: false } }]);
    expect(node.terms).toEqual([1, 1, 3]);
  });

  test(
    rule('Figure 2, AppendEntries, rule 2', 'answers no when the previous entry is missing or of another term, and says where to look'),
    () => {
      const node = new Driven('a', { terms: [1, 1, 2, 2], term: 3 });
      node.receive('b', append(9, 3, [3], { term: 3 }));
      expect(node.take('AppendEntriesReply')).toMatchObject([
        { message: { success: false, prevLogIndex: 9, conflictIndex: 4, conflictTerm: 2 } },
      ]);
      node.receive('b', append(4, 1, [3], { term: 3 }));
      expect(node.take('AppendEntriesReply')).toMatchObject([
        { message: { success: false, prevLogIndex: 4, conflictIndex: 2, conflictTerm: 1 } },
      ]);
      expect(node.terms).toEqual([1, 1, 2, 2]);
    },
  );

  test(rule('Figure 2, AppendEntries, rule 3', 'deletes an entry that conflicts, and all that follow it'), () => {
    const node = new Driven('a', { terms: [1, 1, 2, 2, 2], term: 2 });
    node.receive('b', append(2, 1, [3], { term: 3 }));
    expect(node.terms).toEqual([1, 1, 3]);
    expect(node.take('AppendEntriesReply')).toMatchObject([{ message: { success: true, matchIndex: 3 } }]);
  });

  test(rule('Figure 2, AppendEntries, rule 3', 'deletes nothing when a late message says less than the log holds'), () => {
    const node = new Driven('a', { terms: [1, 1, 2, 2, 2], term: 2 });
    node.receive('b', append(2, 1, [2], { term: 2 }));
    expect(node.terms).toEqual([1, 1, 2, 2, 2]);
    expect(node.take('AppendEntriesReply')).toMatchObject([{ message: { success: true, matchIndex: 3 } }]);
  });

  test(rule('Figure 2, AppendEntries, rule 4', 'appends what is new, once'), () => {
    const node = new Driven('a', { terms: [1, 1], term: 2 });
    for (const copy of [1, 2]) {
      node.receive('b', append(1, 1, [1, 2, 2], { term: 2 }));
      expect(node.take('AppendEntriesReply'), `copy ${copy}`).toMatchObject([{ message: { success: true, matchIndex: 4 } }]);
      expect(node.terms).toEqual([1, 1, 2, 2]);
    }
  });

  test(rule('Figure 2, AppendEntries, rule 5', 'commits no further than the last new entry, and never goes back'), () => {
    const node = new Driven('a', { terms: [1, 1, 2, 2, 2], term: 3 });
    node.receive('b', append(2, 1, [], { term: 3, leaderCommit: 5 }));
    expect(node.status.commitIndex).toBe(2);
    node.receive('b', append(2, 1, [3, 3], { term: 3, leaderCommit: 3 }));
    expect(node.status.commitIndex).toBe(3);
    node.receive('b', append(2, 1, [3], { term: 3, leaderCommit: 2 }));
    expect(node.status.commitIndex).toBe(3);
    expect(node.committed).toEqual([1, 2, 3]);
  });

  test('acknowledges entries only once they are durable (thesis §10.2.1), and a heartbeat only as far as the disk goes', () => {
    const node = new Driven('a', { terms: [1], term: 2 });
    node.syncs = false;
    node.receive('b', append(1, 1, [2, 2], { term: 2 }));
    expect(node.take('AppendEntriesReply')).toEqual([]);
    node.receive('b', append(3, 2, [], { term: 2 }));
    expect(node.take('AppendEntriesReply')).toMatchObject([{ message: { success: true, matchIndex: 1 } }]);
    node.sync();
    expect(node.take('AppendEntriesReply')).toMatchObject([{ message: { success: true, matchIndex: 3 } }]);
  });

  test('an entry written, cut and written again is durable by its second write only', () => {
    const node = new Driven('a', { terms: [1], term: 2 });
    node.syncs = false;
    node.receive('b', append(1, 1, [2, 2], { term: 2 }));
    node.receive('c', append(1, 1, [3], { term: 3 }));
    node.syncOne();
    node.take('AppendEntriesReply');
    expect(node.status).toMatchObject({ lastIndex: 2, durableIndex: 1 });
    node.sync();
    expect(node.status).toMatchObject({ lastIndex: 2, durableIndex: 2 });
    expect(node.take('AppendEntriesReply')).toMatchObject([{ to: 'c', message: { success: true, matchIndex: 2 } }]);
    expect(node.terms).toEqual([1, 3]);
  });
});

describe('log replication', () => {
  test(rule('§5.3, replication', 'the leader sends entries beside its own disk write, and commits by a majority'), () => {
    const [a, b, c] = lead();
    a.syncs = false;
    a.propose(1);
    const { lastIndex } = a.status;
    expect(a.sent.filter(({ message }) => message.type === 'AppendEntries' && message.entries.length === 1)).toHaveLength(2);
    exchange(a, b);
    expect(a.status.commitIndex).toBe(lastIndex - 1);
    exchange(a, b, c);
    a.sync();
    expect(a.status.commitIndex).toBe(lastIndex);
    expect(a.outcomes).toEqual([{ id: 1, appended: { index: lastIndex, term: a.status.term } }]);
  });

  test('with both followers durable the entry is committed, though the leader is not', () => {
    const [a, b, c] = lead();
    a.syncs = false;
    a.propose(1);
    exchange(a, b, c);
    expect(a.status.commitIndex).toBe(a.status.lastIndex);
    expect(a.status.durableIndex).toBe(a.status.lastIndex - 1);
  });

  test(rule('§5.3, commit notice', 'followers hear of the commit, and apply in order'), () => {
    const [a, b, c] = lead();
    a.propose(1, 2, 3);
    exchange(a, b, c);
    a.pass(heartbeatIntervalMs);
    exchange(a, b, c);
    for (const node of [a, b, c]) expect(node.committed).toEqual([1, 2, 3, 4, 5]);
  });

  test(rule('§5.3, retries', 'an entry that was lost on the way is sent again'), () => {
    const [a, b, c] = lead();
    a.propose(1);
    a.sent.splice(0);
    for (let beat = 0; beat < 5; beat++) {
      a.pass(heartbeatIntervalMs);
      exchange(a, b, c);
    }
    expect(b.terms).toEqual(a.terms);
    expect(a.status.commitIndex).toBe(3);
  });

  test(rule('§5.3, retries', 'a refusal that comes late, of what was matched since, makes nothing go again'), () => {
    const [a, b, c] = lead();
    a.propose(1, 2);
    exchange(a, b, c);
    const before = a.status.followers;
    const { term } = a.status;
    for (const prevLogIndex of [1, 2, 4, 9]) {
      a.receive('b', { type: 'AppendEntriesReply', term, round: 0, success: false, prevLogIndex, conflictIndex: 1, conflictTerm: 1 });
    }
    expect(a.take('AppendEntries')).toEqual([]);
    expect(a.status.followers).toEqual(before);
  });

  test('an acknowledgement of an earlier term counts for nothing', () => {
    const [a, b, c] = lead();
    a.propose(1);
    a.sent.splice(0);
    const index = a.status.lastIndex;
    a.receive('b', { type: 'AppendEntriesReply', term: a.status.term - 1, round: 0, success: true, matchIndex: index });
    expect(a.status.commitIndex).toBe(index - 1);
    a.receive('b', { type: 'AppendEntriesReply', term: a.status.term, round: 0, success: true, matchIndex: index });
    expect(a.status.commitIndex).toBe(index);
    expect([b, c].map(({ status }) => status.lastIndex)).toEqual([2, 2]);
  });
});

describe('a new leader', () => {
  const leaderLog = [1, 1, 1, 4, 4, 5, 5, 6, 6, 6];
  const followers = {
    a: [1, 1, 1, 4, 4, 5, 5, 6, 6],
    b: [1, 1, 1, 4],
    c: [1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 6],
    d: [1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 7, 7],
    e: [1, 1, 1, 4, 4, 4, 4],
    f: [1, 1, 1, 2, 2, 2, 3, 3, 3, 3, 3],
  };
  for (const [name, terms] of Object.entries(followers)) {
    test(rule('§5.3, Figure 7', `a leader of term 8 brings follower (${name}) to its own log`), () => {
      const set = ['l', 'g', 'h'];
      const leader = new Driven('l', { voters: set, terms: leaderLog, term: 7 });
      const granter = new Driven('g', { voters: set, terms: [1], term: 7 });
      const follower = new Driven('h', { voters: set, terms, term: 7 });
      elect(leader, granter);
      expect(leader.status).toMatchObject({ role: 'leader', term: 8 });
      for (let beat = 0; beat < 3; beat++) {
        leader.pass(heartbeatIntervalMs);
        exchange(leader, granter, follower);
      }
      expect(follower.terms).toEqual([...leaderLog, 8]);
      expect(follower.status.commitIndex).toBe(11);
    });
  }

  test(rule('§5.3, terms skipped', 'the conflict is found a term at a time, not an entry at a time'), () => {
    const set = ['l', 'g', 'h'];
    const long = (terms: readonly number[]) => [1, ...terms.flatMap((term) => Array.from({ length: 50 }, () => term))];
    const leader = new Driven('l', { voters: set, terms: long([1, 4, 5]), term: 7 });
    const granter = new Driven('g', { voters: set, terms: [1], term: 7 });
    const follower = new Driven('h', { voters: set, terms: long([1, 2, 3]), term: 7 });
    elect(leader, granter);
    leader.pass(heartbeatIntervalMs);
    let refusals = 0;
    for (let turn = 0; turn < 10; turn++) {
      for (const { to, message } of leader.sent.splice(0)) if (to.id === 'h') follower.receive('l', message);
      for (const { message } of follower.sent.splice(0)) {
        if (message.type === 'AppendEntriesReply' && !message.success) refusals++;
        leader.receive('h', message);
      }
    }
    expect(refusals).toBeLessThanOrEqual(4);
    expect(follower.terms).toEqual([...long([1, 4, 5]), 8]);
  });
});

describe('entries of earlier terms', () => {
  // S1 … S5 are p … t; before (a) every log holds the configuration, of term 1. In (a) S1 led term 2 and brought entry 2 to
  // S2; in (b) S5 led term 3 with the votes of S3 and S4, and put another entry 2 into its own log only.
  const set = ['p', 'q', 'r', 's', 't'];

  /** (c): S1 leads term 4, and entry 2, of term 2, is on S1, S2 and S3: a majority. */
  function leaderInC(): Driven {
    const s1 = new Driven('p', { voters: set, terms: [1, 2], term: 3 });
    s1.pass(2 * electionTimeoutMs);
    const { round } = s1.take('PreVote').at(-1)?.message ?? { round: -1 };
    for (const voter of ['q', 'r']) s1.receive(voter, { type: 'PreVoteReply', term: 3, round, granted: true });
    for (const voter of ['q', 'r']) s1.receive(voter, { type: 'RequestVoteReply', term: 4, granted: true });
    expect(s1.status).toMatchObject({ role: 'leader', term: 4, lastIndex: 3 });
    for (const voter of ['q', 'r']) s1.receive(voter, { type: 'AppendEntriesReply', term: 4, round: 0, success: true, matchIndex: 2 });
    return s1;
  }

  test(rule('§5.4.2, Figure 8', '(c): an entry of an earlier term is not committed by counting'), () => {
    expect(leaderInC().status.commitIndex).toBeLessThan(2);
  });

  test(rule('§5.4.2, Figure 8', '(d): for it may still be overwritten by S5'), () => {
    const s2 = new Driven('q', { voters: set, terms: [1, 2], term: 4 });
    const s4 = new Driven('s', { voters: set, terms: [1], term: 3 });
    const s5 = new Driven('t', { voters: set, terms: [1, 3], term: 4 });
    elect(s5, s2, s4);
    expect(s5.status).toMatchObject({ role: 'leader', term: 5 });
    expect(s2.terms).toEqual([1, 3, 5]);
  });

  test(rule('§5.4.2, Figure 8', '(e): once an entry of term 4 is on a majority too, both are committed'), () => {
    const s1 = leaderInC();
    for (const voter of ['q', 'r']) s1.receive(voter, { type: 'AppendEntriesReply', term: 4, round: 0, success: true, matchIndex: 3 });
    expect(s1.status.commitIndex).toBe(3);
    const s5 = new Driven('t', { voters: set, terms: [1, 3], term: 3 });
    const s3 = new Driven('r', { voters: set, terms: [1, 2, 4], term: 4 });
    s3.receive('t', { type: 'RequestVote', term: 5, lastLogIndex: s5.status.lastIndex, lastLogTerm: 3 });
    expect(s3.take('RequestVoteReply')).toMatchObject([{ message: { granted: false } }]);
  });

  test(rule('§5.3, preceding entries', 'a new leader commits what its predecessors left by committing an entry of its own term'), () => {
    const nodes = set.map((id) => new Driven(id, { voters: set, terms: [1, 2, 2], term: 2 }));
    const [s1, ...others] = nodes as [Driven, ...Driven[]];
    elect(s1, ...others);
    expect(s1.status).toMatchObject({ role: 'leader', term: 3, lastIndex: 4, commitIndex: 4 });
  });
});

describe('client interaction', () => {
  test(rule('§8, no-op', 'a leader begins its term with an entry without a command'), () => {
    const [a] = lead();
    expect(a.disk.entries.map(({ kind, term }) => [kind, term])).toEqual([
      ['configuration', 1],
      ['noop', 2],
    ]);
    expect(a.status.commitIndex).toBe(2);
  });
});
