import { type Entry, encodeEntry } from '@raft/wire';
import { describe, expect, test } from 'vitest';
import { parseConfig } from '../../src/config.ts';
import { clusterIdOf } from '../../src/protocol/cluster-id.ts';
import { Raft } from '../../src/protocol/raft.ts';
import type { Ready } from '../../src/protocol/ready.ts';
import { Driven } from '../driven/driven.ts';
import { configurationOf, identityOf, logOf } from '../driven/records.ts';
import { elect, exchange } from '../driven/together.ts';

const voters = ['a', 'b', 'c'];

/** What memory is held for, and who is listened to: rules that the paper leaves to whoever builds it. */
describe('limits', () => {
  test('what others commit while our own disk is behind still counts as uncommitted: the leader holds it in memory', () => {
    const options = { voters, config: { maxUncommittedEntries: 3 } };
    const [a, b, c] = [new Driven('a', options), new Driven('b', options), new Driven('c', options)];
    elect(a, b, c);
    a.syncs = false;
    for (let id = 1; id <= 6; id++) {
      a.propose(id);
      exchange(a, b, c);
    }
    expect(a.status.commitIndex).toBe(a.status.lastIndex);
    expect(a.outcomes.filter((outcome) => 'rejected' in outcome)).toMatchObject([4, 5, 6].map((id) => ({ id, rejected: 'overloaded' })));
    a.sync();
    a.propose(7);
    expect(a.outcomes.at(-1)).toMatchObject({ id: 7, appended: {} });
  });

  test('a follower refuses proposals that its connection would drop, until the leader has told about others', () => {
    const options = { voters, config: { maxInflightBytes: 12 } };
    const [a, b, c] = [new Driven('a', options), new Driven('b', options), new Driven('c', options)];
    elect(a, b, c);
    exchange(a, b, c);
    b.propose(1, 2, 3, 4, 5, 6);
    const refused = b.outcomes.filter((outcome) => 'rejected' in outcome);
    expect(refused.length).toBeGreaterThan(0);
    expect(refused.length).toBeLessThan(6);
    expect(refused[0]).toMatchObject({ rejected: 'overloaded', leaderId: 'a' });
    exchange(a, b, c);
    b.propose(7);
    exchange(a, b, c);
    expect(b.outcomes.at(-1)).toMatchObject({ id: 7, appended: {} });
  });

  test('bodies that are being applied stay in memory, so no more of them are handed out than the cache may hold', () => {
    const ready = followerOf([1, 1, 1, 1, 1, 1], { maxCachedBytes: 100 });
    const heard: Ready[] = [ready({ from: 7, count: 20, commit: 26 }), ready({ from: 27, count: 0, commit: 26 })];
    expect(heard.map(({ committed }) => committed?.to)).toEqual([26, undefined]);
    const more = ready({ from: 27, count: 4, commit: 30 });
    expect(more.committed).toBeUndefined();
  });

  test('an append larger than any frame can’t be asked for', () => {
    expect(() => parseConfig({ maxAppendBytes: 2 ** 26 })).toThrow(/maxAppendBytes/);
  });
});

describe('strangers', () => {
  test('who said in its handshake that it is blank leads nobody, and its answers are heard', () => {
    const node = new Driven('a', { voters, terms: [1], term: 1 });
    const { clusterId: _, ...blank } = identityOf('b');
    const append = { type: 'AppendEntries', term: 2, round: 0, prevLogIndex: 1, prevLogTerm: 1, leaderCommit: 1, entries: [] } as const;
    node.step({ type: 'Receive', from: blank, message: append });
    expect(node.status).toMatchObject({ term: 1, leaderId: null, commitIndex: 0 });
    node.step({ type: 'Receive', from: blank, message: { type: 'AppendEntriesReply', term: 3, round: 0, success: true, matchIndex: 0 } });
    expect(node.status.term).toBe(3);
  });

  test('a leader takes forwarded proposals only from members', () => {
    const [a, b] = [new Driven('a', { voters }), new Driven('b', { voters })];
    elect(a, b);
    a.sent.splice(0);
    const proposals = [{ id: 1, data: new Uint8Array(1) }];
    a.receive('z', { type: 'Propose', term: a.status.term, source: 9, floor: 0, proposals });
    expect(a.take('ProposeReply')).toEqual([]);
    a.receive('c', { type: 'Propose', term: a.status.term, source: 9, floor: 0, proposals });
    expect(a.take('ProposeReply')).toMatchObject([{ message: { results: [{ id: 1, outcome: 'appended' }] } }]);
  });

  test('a blank node that joins one cluster drops the snapshot of another that it was receiving', () => {
    const node = blankNode('c');
    const other = { ...identityOf('y'), clusterId: 'd'.repeat(32) };
    const configuration = { voters: [...configurationOf(['c']).voters, { id: 'y', storageId: other.storageId }] };
    const meta = { lastIncludedIndex: 100, lastIncludedTerm: 7, configuration, configurationIndex: 1 };
    const install = {
      type: 'InstallSnapshot',
      term: 7,
      round: 0,
      transfer: 1,
      meta,
      offset: 0,
      data: new Uint8Array(3),
      done: true,
    } as const;
    expect(node.receive(other, install).storeChunk).toMatchObject({ done: true });
    node.receive(identityOf('a'), form(['a', 'b', 'c'], 'c'.repeat(32)));
    const ready = node.step({ type: 'ChunkStored', from: other, transfer: 1, nextOffset: 3, done: true });
    expect(ready.write?.snapshot).toBeUndefined();
    expect(ready.transfersEnded).toMatchObject([{ direction: 'receiving' }]);
    expect(node.raft.status()).toMatchObject({ clusterId: 'c'.repeat(32), snapshotIndex: 0, lastIndex: 1 });
  });

  test('a chunk that found no room is asked for again, and the node goes on', () => {
    const node = blankNode('c');
    const meta = { lastIncludedIndex: 9, lastIncludedTerm: 1, configuration: configurationOf(voters), configurationIndex: 1 };
    const install = {
      type: 'InstallSnapshot',
      term: 2,
      round: 0,
      transfer: 1,
      meta,
      offset: 0,
      data: new Uint8Array(3),
      done: true,
    } as const;
    node.receive(identityOf('a'), install);
    expect(node.step({ type: 'ChunkNotStored', from: identityOf('a'), transfer: 1 }).transfersEnded).toHaveLength(1);
    expect(node.receive(identityOf('a'), { ...install, transfer: 2 }).storeChunk).toMatchObject({ transfer: 2, offset: 0 });
    expect(node.raft.status()).toMatchObject({ role: 'follower', leaderId: 'a' });
  });

  test('told to bootstrap, a node joins only a cluster of exactly these members', () => {
    const names = (ids: readonly string[]) => form(ids, clusterIdOf('test', configurationOf(ids).voters));
    const bootstrap = { clusterName: 'test', members: voters.map((id) => ({ id })) };
    const node = blankNode('c', bootstrap);
    node.receive(identityOf('a'), names(['a', 'b', 'c', 'd']));
    expect(node.raft.status().blank).toBe(true);
    node.receive(identityOf('a'), names(voters));
    expect(node.raft.status().blank).toBe(false);
  });
});

function form(ids: readonly string[], clusterId: string) {
  return { type: 'Form', term: 1, clusterId, entries: logOf([1], ids) } as const;
}

/** A node with an empty disk. Writes are never told durable. */
function blankNode(id: string, bootstrap?: { readonly clusterName: string; readonly members: readonly { readonly id: string }[] }) {
  const { storageId } = identityOf(id);
  const log = { firstIndex: 1, lastIndex: 0, termRuns: [], configurations: [] };
  const state = { storageId, hardState: { currentTerm: 0, votedFor: null }, commitIndex: 0, log };
  const raft = new Raft({ id, state, config: parseConfig(), seed: 1, now: 0, ...(bootstrap && { bootstrap }) });
  const step = (event: Parameters<Raft['step']>[0]): Ready => {
    raft.step(event, 0);
    return raft.takeReady();
  };
  const receive = (from: ReturnType<typeof identityOf>, message: Extract<Parameters<Raft['step']>[0], { type: 'Receive' }>['message']) =>
    step({ type: 'Receive', from, message });
  return { raft, step, receive };
}

/** A follower with a log of these terms, that applies nothing; what it is sent is durable at once. */
function followerOf(terms: readonly number[], config: { readonly maxCachedBytes: number }) {
  const entries = logOf(terms, voters);
  const driven = new Driven('a', { voters, terms });
  const raft = new Raft({ id: 'a', state: driven.disk.open(), config: parseConfig(config), seed: 1, now: 0 });
  let last: Entry | undefined = entries.at(-1);
  return ({ from, count, commit }: { readonly from: number; readonly count: number; readonly commit: number }): Ready => {
    const sent = Array.from({ length: count }, (_, at) =>
      encodeEntry({ index: from + at, term: 1, kind: 'command', data: new Uint8Array(10) }),
    );
    const message = {
      type: 'AppendEntries',
      term: 1,
      round: 0,
      prevLogIndex: from - 1,
      prevLogTerm: last?.term ?? 0,
      leaderCommit: commit,
      entries: sent,
    } as const;
    last = sent.at(-1) ?? last;
    raft.step({ type: 'Receive', from: identityOf('b'), message }, 0);
    const ready = raft.takeReady();
    if (ready.write) raft.step({ type: 'Persisted', ticket: ready.write.ticket }, 0);
    return ready;
  };
}
