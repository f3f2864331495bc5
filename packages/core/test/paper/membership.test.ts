import { encodeConfiguration, encodeEntry } from '@raft/wire';
import { describe, expect, test } from 'vitest';
import { Driven, electionTimeoutMs } from '../driven/driven.ts';
import { configurationOf, logOf } from '../driven/records.ts';
import { rule } from './rules.ts';

const heartbeat = { type: 'AppendEntries', term: 1, round: 0, prevLogIndex: 1, prevLogTerm: 1, leaderCommit: 1, entries: [] } as const;

describe('configurations in the log', () => {
  test(
    rule('§6, latest configuration', 'one that is appended is in force before it is committed, and no longer when it is overwritten'),
    () => {
      const node = new Driven('a', { terms: [1], term: 2 });
      const larger = configurationOf(['a', 'b', 'c', 'd']);
      const entry = encodeEntry({ index: 2, term: 2, kind: 'configuration', data: encodeConfiguration(larger) });
      node.receive('b', { ...heartbeat, term: 2, entries: [entry] });
      expect(node.status).toMatchObject({ commitIndex: 1, configuration: larger });
      node.restart();
      expect(node.status.configuration).toEqual(larger);
      node.receive('c', { ...heartbeat, term: 3, entries: logOf([1, 3], ['a', 'b', 'c']).slice(1) });
      expect(node.status.configuration).toEqual(configurationOf(['a', 'b', 'c']));
    },
  );
});

describe('servers that disturb', () => {
  test(
    rule('§6, disruptive servers', 'who heard a leader within the least election time-out neither votes nor takes over the term'),
    () => {
      const node = new Driven('a', { term: 1 });
      const ask = { type: 'RequestVote', term: 9, lastLogIndex: 9, lastLogTerm: 1 } as const;
      node.receive('b', heartbeat);
      node.sent.splice(0);
      node.pass(electionTimeoutMs - 1);
      node.receive('c', ask);
      expect(node.sent).toEqual([]);
      expect(node.status).toMatchObject({ term: 1, leaderId: 'b' });
      node.pass(1);
      node.receive('c', ask);
      expect(node.take('RequestVoteReply')).toMatchObject([{ message: { term: 9, granted: true } }]);
    },
  );

  test(rule('§6, disruptive servers', 'the leader itself disregards them as well'), () => {
    const node = new Driven('a', { voters: ['a'], term: 1 });
    node.pass(2 * electionTimeoutMs);
    expect(node.status).toMatchObject({ role: 'leader', term: 2 });
    node.receive('z', { type: 'RequestVote', term: 9, lastLogIndex: 9, lastLogTerm: 2 });
    expect(node.status).toMatchObject({ role: 'leader', term: 2 });
  });
});
