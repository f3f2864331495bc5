import { encodeEntry } from '@raft/wire';
import { describe, expect, test } from 'vitest';
import { Driven, heartbeatIntervalMs } from '../driven/driven.ts';
import { configurationOf, identityOf, snapshotOf } from '../driven/records.ts';
import { elect, exchange, lead } from '../driven/together.ts';
import { rule } from './rules.ts';

const voters = ['a', 'b', 'c'];

function install(
  index: number,
  term: number,
  more: {
    readonly term: number;
    readonly offset?: number;
    readonly done?: boolean;
    readonly part?: [number, number];
    readonly transfer?: number;
  },
) {
  const whole = snapshotOf(index, term);
  const { part = [0, whole.length], ...rest } = more;
  const meta = { lastIncludedIndex: index, lastIncludedTerm: term, configuration: configurationOf(voters), configurationIndex: 1 };
  return {
    type: 'InstallSnapshot',
    round: 0,
    transfer: 1,
    meta,
    offset: part[0],
    data: whole.slice(...part),
    done: part[1] >= whole.length,
    ...rest,
  } as const;
}

describe('a follower that is sent a snapshot', () => {
  test(rule('Figure 13, rule 1', 'answers at once to an earlier term, and keeps what it has'), () => {
    const node = new Driven('a', { terms: [1, 1], term: 3 });
    node.receive('b', install(9, 2, { term: 2 }));
    expect(node.take('InstallSnapshotReply')).toMatchObject([{ message: { term: 3, installed: false } }]);
    expect(node.status).toMatchObject({ snapshotIndex: 0, lastIndex: 2, term: 3 });
  });

  test(rule('Figure 13, rules 2 to 5', 'chunks are stored by their offset, and answered with the next one'), () => {
    const node = new Driven('a', { terms: [1], term: 2 });
    node.receive('b', install(9, 2, { term: 2, part: [0, 10] }));
    expect(node.take('InstallSnapshotReply')).toMatchObject([{ message: { nextOffset: 10, installed: false } }]);
    node.receive('b', install(9, 2, { term: 2, part: [15, 20] }));
    expect(node.take('InstallSnapshotReply')).toMatchObject([{ message: { nextOffset: 10, installed: false } }]);
    node.receive('b', install(9, 2, { term: 2, part: [10, 20] }));
    expect(node.take('InstallSnapshotReply')).toMatchObject([{ message: { nextOffset: 20, installed: false } }]);
    expect(node.status.snapshotIndex).toBe(0);
    node.receive('b', install(9, 2, { term: 2, part: [20, 99] }));
    expect(node.take('InstallSnapshotReply')).toMatchObject([{ message: { installed: true } }]);
    expect(node.disk.snapshot?.data).toEqual(snapshotOf(9, 2));
  });

  test('chunks of another transfer never mix with the first one’s', () => {
    const node = new Driven('a', { terms: [1], term: 2 });
    node.receive('b', install(9, 2, { term: 2, part: [0, 10] }));
    node.receive('b', install(12, 2, { term: 2, part: [10, 99], transfer: 2 }));
    expect(node.take('InstallSnapshotReply').at(-1)).toMatchObject({ message: { transfer: 2, nextOffset: 0, installed: false } });
    node.receive('b', install(12, 2, { term: 2, transfer: 2 }));
    expect(node.disk.snapshot?.data).toEqual(snapshotOf(12, 2));
  });

  test(rule('Figure 13, rule 6', 'a log that holds its last entry keeps what follows it'), () => {
    const node = new Driven('a', { terms: [1, 1, 2, 2, 2], term: 2, config: { trailingEntries: 0 } });
    node.receive('b', install(3, 2, { term: 2 }));
    expect(node.status).toMatchObject({ snapshotIndex: 3, lastIndex: 5, commitIndex: 3 });
    expect(node.disk.termAt(5)).toBe(2);
  });

  test(rule('Figure 13, rule 7', 'a log that contradicts it is dropped whole'), () => {
    const node = new Driven('a', { terms: [1, 1, 1, 1, 1], term: 2 });
    node.receive('b', install(3, 2, { term: 2 }));
    expect(node.status).toMatchObject({ snapshotIndex: 3, lastIndex: 3, commitIndex: 3, firstIndex: 4 });
    expect(node.terms).toEqual([]);
  });

  test(rule('Figure 13, rule 8', 'the state machine is restored, and the configuration is the snapshot’s'), () => {
    const node = new Driven('a', { terms: [1], term: 2 });
    node.receive('b', install(9, 2, { term: 2 }));
    expect(node.restored).toEqual([9]);
    expect(node.status.configuration).toEqual(configurationOf(voters));
    expect(node.status.blank).toBe(false);
  });

  test(rule('§7, retransmission', 'one that is older than what is committed changes nothing, and is called installed'), () => {
    const node = new Driven('a', { terms: [1, 1, 2, 2, 2], term: 2 });
    node.receive('b', { type: 'AppendEntries', term: 2, round: 0, prevLogIndex: 5, prevLogTerm: 2, leaderCommit: 4, entries: [] });
    node.take('AppendEntriesReply');
    node.receive('b', install(3, 2, { term: 2 }));
    expect(node.take('InstallSnapshotReply')).toMatchObject([{ message: { installed: true } }]);
    expect(node.status).toMatchObject({ snapshotIndex: 0, lastIndex: 5, commitIndex: 4 });
    expect(node.restored).toEqual([]);
  });

  test('it is acknowledged only once it is in force on the disk', () => {
    const node = new Driven('a', { terms: [1], term: 2 });
    node.syncs = false;
    node.receive('b', install(9, 2, { term: 2 }));
    expect(node.take('InstallSnapshotReply')).toEqual([]);
    expect(node.status.durableIndex).toBeLessThan(9);
    node.sync();
    expect(node.take('InstallSnapshotReply')).toMatchObject([{ message: { installed: true } }]);
    expect(node.status.durableIndex).toBe(9);
  });
});

describe('log compaction', () => {
  test(rule('§7, lagging followers', 'a follower that needs entries which are gone gets the snapshot, then what follows it'), () => {
    const set = ['a', 'b', 'c'];
    const options = { voters: set, config: { trailingEntries: 0, snapshotChunkBytes: 7 } };
    const [a, b, c] = [new Driven('a', options), new Driven('b', options), new Driven('c', options)];
    elect(a, b);
    for (let id = 1; id <= 10; id++) a.propose(id);
    exchange(a, b);
    a.snapshot(a.status.commitIndex);
    expect(a.status.firstIndex).toBe(a.status.commitIndex + 1);
    a.propose(11);
    for (let beat = 0; beat < 5; beat++) {
      a.pass(heartbeatIntervalMs);
      exchange(a, b, c);
    }
    expect(c.restored).toEqual([12]);
    expect(c.status).toMatchObject({ snapshotIndex: 12, lastIndex: 13, commitIndex: 13 });
  });

  test(
    rule(
      '§7, independent snapshots',
      'each server takes its own of what it has committed, and drops it from its log, the older snapshot too',
    ),
    () => {
      const [a, b, c] = lead({ config: { trailingEntries: 0 } });
      a.propose(1, 2, 3);
      exchange(a, b, c);
      a.pass(heartbeatIntervalMs);
      exchange(a, b, c);
      b.snapshot(3);
      expect(b.status).toMatchObject({ snapshotIndex: 3, firstIndex: 4, lastIndex: 5 });
      expect([a, c].map(({ status }) => status.snapshotIndex)).toEqual([0, 0]);
      b.snapshot(5);
      expect(b.disk.snapshot?.meta.lastIncludedIndex).toBe(5);
      expect(b.terms).toEqual([]);
    },
  );

  test(rule('§7, independent snapshots', 'none is taken of what was not applied'), () => {
    const node = new Driven('a', { terms: [1, 1, 2], term: 2 });
    expect(() => node.snapshot(3)).toThrow(/applied/);
  });

  test(
    rule('§7, metadata', 'the entry behind a snapshot is checked against its last index and term, and the configuration outlives the log'),
    () => {
      const node = new Driven('a', { terms: [1], term: 2 });
      node.receive('b', install(9, 2, { term: 2 }));
      node.take('InstallSnapshotReply');
      const append = { type: 'AppendEntries', term: 2, round: 0, prevLogIndex: 9, leaderCommit: 9 } as const;
      const entries = [encodeEntry({ index: 10, term: 2, kind: 'noop', data: new Uint8Array(0) })];
      node.receive('b', { ...append, prevLogTerm: 2, entries });
      expect(node.take('AppendEntriesReply')).toMatchObject([{ message: { success: true, matchIndex: 10 } }]);
      node.restart();
      expect(node.status).toMatchObject({ lastIndex: 10, configuration: configurationOf(voters) });
    },
  );

  test('a node that ended between its snapshot and the cut makes the cut when it starts', () => {
    const node = new Driven('a', { terms: [1, 1, 2, 2, 2], term: 2, config: { trailingEntries: 0 } });
    const meta = { lastIncludedIndex: 3, lastIncludedTerm: 2, configuration: configurationOf(voters), configurationIndex: 1 };
    node.disk.commitImage({ meta, data: snapshotOf(3, 2) });
    node.disk.write({ snapshot: meta, entries: [] });
    node.disk.sync();
    expect(node.terms).toEqual([1, 1, 2, 2, 2]);
    node.restart();
    expect(node.status).toMatchObject({ snapshotIndex: 3, firstIndex: 4, lastIndex: 5 });
    expect(node.terms).toEqual([2, 2]);
  });

  test(rule('§7, metadata', 'a node starts from its snapshot and the log behind it'), () => {
    const node = new Driven('a', { terms: [1, 1, 2, 2, 2], term: 2, config: { trailingEntries: 0 } });
    node.receive('b', install(3, 2, { term: 2 }));
    node.restart();
    expect(node.status).toMatchObject({ snapshotIndex: 3, firstIndex: 4, lastIndex: 5, commitIndex: 3, blank: false });
  });
});

/** A leader that cut its log, and has just heard how far behind this follower is. */
function leaderWithSnapshotFor(follower: string, config: { readonly snapshotChunkBytes: number }): Driven {
  const options = { voters, config: { trailingEntries: 0, ...config } };
  const [a, b] = [new Driven('a', options), new Driven('b', options)];
  elect(a, b);
  for (let id = 1; id <= 5; id++) a.propose(id);
  exchange(a, b);
  a.snapshot(a.status.commitIndex);
  a.pass(heartbeatIntervalMs);
  const { term } = a.status;
  const reply = { type: 'AppendEntriesReply', term, round: 0, success: false, prevLogIndex: 7, conflictIndex: 1, conflictTerm: 1 } as const;
  a.receive(follower, reply);
  return a;
}

describe('a snapshot on its way', () => {
  test('keeps the entries behind it, since its receiver needs them next', () => {
    const a = leaderWithSnapshotFor('c', { snapshotChunkBytes: 7 });
    const { term, lastIndex: sent } = a.status;
    const { transfer } = a.take('InstallSnapshot')[0]?.message ?? { transfer: -1 };
    a.propose(6);
    a.receive('b', { type: 'AppendEntriesReply', term, round: 0, success: true, matchIndex: sent + 1 });
    a.snapshot(sent + 1);
    expect(a.status).toMatchObject({ snapshotIndex: sent + 1, firstIndex: sent + 1 });
    a.receive('c', { type: 'InstallSnapshotReply', term, round: 0, transfer, nextOffset: 7, installed: true });
    expect(a.take('AppendEntries').filter(({ to }) => to === 'c')).toMatchObject([{ message: { prevLogIndex: sent } }]);
  });
});

describe('regressions', () => {
  test('seed 109: an acknowledgement is lost, the window is full, the log is cut: the follower gets a snapshot', () => {
    const options = { voters, config: { trailingEntries: 0, maxInflightMessages: 1 } };
    const [a, b, c] = [new Driven('a', options), new Driven('b', options), new Driven('c', options)];
    elect(a, b, c);
    a.propose(1);
    // c has it, and its answer is lost; then b and a go on and cut the log.
    for (const { to, message } of a.sent.splice(0)) (to.id === 'c' ? c : b).receive('a', message);
    c.sent.splice(0);
    exchange(a, b);
    a.propose(2);
    exchange(a, b);
    a.snapshot(a.status.commitIndex);
    a.propose(3);
    for (let beat = 0; beat < 5; beat++) {
      a.pass(heartbeatIntervalMs);
      exchange(a, b, c);
    }
    expect(c.status.lastIndex).toBe(a.status.lastIndex);
  });

  test('a chunk that is stored in a later term is not acknowledged as one of that term’s transfers', () => {
    const node = new Driven('a', { terms: [1], term: 2 });
    node.raft.step({ type: 'Receive', from: identityOf('b'), message: install(9, 2, { term: 2 }) }, node.now);
    const { storeChunk } = node.raft.takeReady();
    expect(storeChunk).toMatchObject({ transfer: 1, done: true });
    node.receive('b', { type: 'AppendEntries', term: 5, round: 0, prevLogIndex: 1, prevLogTerm: 1, leaderCommit: 1, entries: [] });
    node.take('AppendEntriesReply');
    if (storeChunk !== undefined) {
      node.disk.commitImage({ meta: storeChunk.meta, data: storeChunk.data });
      node.step({ type: 'ChunkStored', from: storeChunk.from, transfer: 1, nextOffset: storeChunk.data.length, done: true });
    }
    expect(node.take('InstallSnapshotReply').filter(({ message }) => message.installed)).toEqual([]);
  });

  test('a follower that was restarted in the midst of a transfer says where it is, and the leader goes on from there', () => {
    const a = leaderWithSnapshotFor('c', { snapshotChunkBytes: 3 });
    const { term } = a.status;
    const transfer = a.take('InstallSnapshot')[0]?.message.transfer ?? 0;
    const offsets = (nextOffset: number) => {
      a.receive('c', { type: 'InstallSnapshotReply', term, round: 0, transfer, nextOffset, installed: false });
      return a.take('InstallSnapshot').map(({ message }) => [message.transfer, message.offset]);
    };
    expect(offsets(3)).toEqual([[transfer, 3]]);
    expect(offsets(6)).toEqual([[transfer, 6]]);
    // Its first chunk came once more after the restart; then an answer from before is late.
    expect(offsets(3)).toEqual([[transfer, 3]]);
    expect(offsets(6)).toEqual([[transfer, 6]]);
    // Nobody can have more than was sent, and to know nothing of it means to begin anew.
    expect(offsets(900)).toEqual([]);
    expect(offsets(0)).toEqual([[transfer + 1, 0]]);
  });

  test('seeds 50 and 955: a transfer that ends asks for no more chunks', () => {
    const a = leaderWithSnapshotFor('c', { snapshotChunkBytes: 7 });
    const { term } = a.status;
    const chunk = a.take('InstallSnapshot')[0]?.message;
    expect(chunk).toBeDefined();
    // Both in one batch: the next chunk is asked for, and then the leader steps down.
    const from = { ...c, clusterId: 'c'.repeat(32) };
    a.raft.step(
      {
        type: 'Receive',
        from,
        message: { type: 'InstallSnapshotReply', term, round: 0, transfer: chunk?.transfer ?? 0, nextOffset: 7, installed: false },
      },
      a.now,
    );
    a.raft.step(
      { type: 'Receive', from, message: { type: 'AppendEntriesReply', term: term + 1, round: 0, success: true, matchIndex: 0 } },
      a.now,
    );
    const ready = a.raft.takeReady();
    expect(ready.transfersEnded).toMatchObject([{ peer: { id: 'c' }, direction: 'sending' }]);
    expect(ready.readChunk).toEqual([]);
  });
});

const c = { id: 'c', storageId: '63'.padStart(32, '0') };
