import type { Ready } from '@raft/core/protocol';
import type { Message, SnapshotMeta } from '@raft/wire';
import { noop, put, type Stage } from './one-node-stage.ts';

const noReady: Ready = {
  messages: [],
  messagesAfter: [],
  outcomes: [],
  reads: [],
  fetch: [],
  readChunk: [],
  transfersEnded: [],
  wakeAt: 0,
};
export const ackOf = (matchIndex: number, term = 2): Message => ({ type: 'AppendEntriesReply', term, round: 0, success: true, matchIndex });
export const append = (change: Partial<Message & { type: 'AppendEntries' }> = {}): Message => ({
  ...{ type: 'AppendEntries', term: 2, round: 0, prevLogIndex: 1, prevLogTerm: 1, leaderCommit: 1, entries: [] },
  ...change,
});
export const vote: Message = { type: 'RequestVoteReply', term: 2, granted: true };

export function metaOf(stage: Stage, lastIncludedIndex: number, lastIncludedTerm: number): SnapshotMeta {
  const { configuration } = stage.status(0);
  if (configuration === null) throw new Error('there is one from the start');
  return { lastIncludedIndex, lastIncludedTerm, configuration, configurationIndex: 1 };
}

/** n0 leads term 2, and everybody holds its no-op and a put of operation 1, committed. */
function led(stage: Stage): Stage {
  stage.elect(0, 2);
  stage.commit([0, 1, 2], [noop(2, 2), put(3, 2, 1)]);
  return stage;
}

/** For each invariant: what breaks it, and nothing but it is watched. */
export const violations: readonly { readonly id: string; readonly what: string; readonly play: (stage: Stage) => void }[] = [
  {
    id: 'I01',
    what: 'two nodes lead one term',
    play(stage) {
      stage.elect(0, 2);
      stage.step(1, { role: 'leader' });
    },
  },
  { id: 'I01', what: 'somebody speaks as leader who was not elected', play: (stage) => stage.say(1, 0, append()) },
  {
    id: 'I02',
    what: 'a node votes for two candidates',
    play(stage) {
      stage.say(2, 0, vote);
      stage.say(2, 1, vote);
    },
  },
  {
    id: 'I03',
    what: 'a leader lacks what an earlier one committed',
    play(stage) {
      stage.elect(0, 2);
      stage.commit([0, 1], [noop(2, 2)]);
      stage.elect(2, 3);
    },
  },
  { id: 'I03', what: 'a follower commits what no leader did', play: (stage) => stage.step(1, { commitIndex: 2, lastIndex: 2 }) },
  {
    id: 'I04',
    what: 'two entries have one index and term',
    play(stage) {
      stage.hand(0, { entries: [put(2, 2, 1)] });
      stage.hand(1, { entries: [put(2, 2, 2)] });
    },
  },
  {
    id: 'I04',
    what: 'an entry stands behind another one than elsewhere',
    play(stage) {
      stage.hand(0, { entries: [noop(2, 2), noop(3, 3)] });
      stage.hand(1, { entries: [noop(2, 3), noop(3, 3)] });
    },
  },
  { id: 'I04', what: 'the log has a gap', play: (stage) => stage.hand(0, { entries: [noop(3, 2)] }) },
  {
    id: 'I05',
    what: 'a minority holds what is committed',
    play(stage) {
      stage.elect(0, 2);
      stage.commit([0], [noop(2, 2)]);
    },
  },
  {
    id: 'I05',
    what: 'a node takes for durable what is not on its disk',
    play: (stage) => stage.step(0, { lastIndex: 2, durableIndex: 2 }),
  },
  {
    id: 'I06',
    what: 'a leader counts the copies of an earlier term',
    play(stage) {
      stage.elect(0, 2);
      for (const node of [0, 1]) stage.write(node, { entries: [noop(2, 2)] });
      stage.elect(0, 3);
      stage.step(0, { lastIndex: 2, commitIndex: 2 });
    },
  },
  { id: 'I07', what: 'a node cuts its log at its commit index', play: (stage) => led(stage).hand(1, { truncateFrom: 3 }) },
  {
    id: 'I07',
    what: 'a node that lags cuts what others committed',
    play(stage) {
      stage.elect(0, 2);
      for (const node of [0, 1, 2]) stage.write(node, { entries: [noop(2, 2)] });
      stage.step(0, { lastIndex: 2, commitIndex: 2 });
      stage.hand(1, { truncateFrom: 2 });
    },
  },
  {
    id: 'I08',
    what: 'two nodes apply different entries',
    play(stage) {
      const formed = stage.configuration(1, stage.status(0).configuration?.voters ?? []);
      led(stage).apply(0, [formed, noop(2, 2)]);
      stage.apply(1, [formed, put(2, 2, 7)]);
    },
  },
  { id: 'I08', what: 'an entry is skipped', play: (stage) => led(stage).apply(0, [noop(2, 2)]) },
  {
    id: 'I08',
    what: 'a snapshot holds what was not committed',
    play: (stage) => stage.hand(1, { snapshot: metaOf(stage, 2, 2) }),
  },
  {
    id: 'I09',
    what: 'two machines hold different states at one index',
    play(stage) {
      led(stage).apply(0, [noop(2, 2)], { digest: 5 });
      stage.apply(1, [noop(2, 2)], { digest: 6 });
    },
  },
  { id: 'I09', what: 'a snapshot holds another state', play: (stage) => stage.oracle.restores(stage.player(0), { index: 3, digest: 4 }) },
  { id: 'I10', what: 'a term falls', play: (stage) => stage.step(0, { term: 0 }) },
  {
    id: 'I10',
    what: 'a vote changes within a term',
    play(stage) {
      stage.step(0, { votedFor: 'n1' });
      stage.step(0, { votedFor: 'n2' });
    },
  },
  { id: 'I10', what: 'a commit index falls', play: (stage) => led(stage).step(1, { commitIndex: 2 }) },
  {
    id: 'I10',
    what: 'a matchIndex falls within a term',
    play(stage) {
      led(stage);
      const ready = { ...noReady, messages: [{ to: { id: 'n1', storageId: 'b'.repeat(32) }, message: append({ entries: [noop(2, 2)] }) }] };
      for (const matchIndex of [3, 2]) {
        const follower = { matchIndex, nextIndex: 4, state: 'replicate' as const, inflightMessages: 0 };
        stage.oracle.took(stage.player(0), ready, () => ({ ...stage.status(0), followers: { n1: follower } }));
      }
    },
  },
  { id: 'I11', what: 'a snapshot is ahead of the commit index', play: (stage) => stage.step(0, { snapshotIndex: 2, lastIndex: 2 }) },
  { id: 'I11', what: 'what is not committed is applied', play: (stage) => stage.apply(0, [noop(2, 2)]) },
  {
    id: 'I12',
    what: 'a second cluster forms',
    play: (stage) => stage.hand(0, { entries: [stage.configuration(2, [{ id: 'n7', storageId: 'f'.repeat(32) }])] }),
  },
  {
    id: 'I13',
    what: 'somebody leads whom no configuration names',
    play(stage) {
      const player = { ...stage.player(0), id: 'n9' };
      stage.oracle.stepped(player, { ...player.vitals, role: 'leader' });
    },
  },
  {
    id: 'I13',
    what: 'a configuration is appended while another waits',
    play(stage) {
      const voters = stage.status(0).configuration?.voters ?? [];
      stage.hand(0, { entries: [stage.configuration(2, voters, 2), stage.configuration(3, voters, 2)] });
    },
  },
  {
    id: 'I15',
    what: 'a write takes a place before one that ended earlier',
    play(stage) {
      stage.oracle.returned(stage.invoke(1), { type: 'ok', index: 5, result: { value: null } });
      stage.oracle.returned(stage.invoke(2), { type: 'ok', index: 4, result: { value: null } });
    },
  },
  {
    id: 'I15',
    what: 'a read misses a write that ended before it began',
    play(stage) {
      led(stage).apply(0, [put(3, 2, 1)]);
      stage.oracle.returned(stage.invoke(1), { type: 'ok', index: 3, result: { value: null } });
      stage.oracle.returned(stage.invoke(2, 'read'), { type: 'ok', index: 2, result: { value: null } });
    },
  },
  {
    id: 'I15',
    what: 'a read finds another value than the log holds',
    play(stage) {
      led(stage).apply(0, [put(3, 2, 1)]);
      stage.oracle.returned(stage.invoke(2, 'read'), { type: 'ok', index: 3, result: { value: 'v9' } });
    },
  },
  {
    id: 'I16',
    what: 'what was applied is rejected',
    play(stage) {
      const operation = stage.invoke(1);
      led(stage).apply(0, [put(3, 2, 1)]);
      stage.oracle.returned(operation, { type: 'rejected' });
    },
  },
  {
    id: 'I16',
    what: 'what was rejected is applied',
    play(stage) {
      stage.oracle.returned(stage.invoke(1), { type: 'rejected' });
      led(stage).apply(0, [put(3, 2, 1)]);
    },
  },
  {
    id: 'I16',
    what: "a client gets another operation's result",
    play(stage) {
      const operation = stage.invoke(1);
      led(stage).apply(0, [put(3, 2, 1)], { result: { value: null } });
      stage.oracle.returned(operation, { type: 'ok', index: 3, result: { value: 'v8' } });
    },
  },
  {
    id: 'I16',
    what: 'an operation ends twice',
    play(stage) {
      const operation = stage.invoke(1);
      stage.oracle.returned(operation, { type: 'unknown' });
      stage.oracle.returned(operation, { type: 'unknown' });
    },
  },
  {
    id: 'I16',
    what: 'a round is answered that nobody asked for',
    play: (stage) => stage.say(1, 0, { type: 'AppendEntriesReply', term: 2, round: 4, success: true, matchIndex: 0 }),
  },
  {
    id: 'I16',
    what: 'a snapshot is installed that nobody sent',
    play: (stage) => stage.say(1, 0, { type: 'InstallSnapshotReply', term: 2, round: 0, transfer: 3, nextOffset: 0, installed: true }),
  },
  { id: 'I17', what: 'an operation is applied twice', play: (stage) => led(stage).apply(0, [put(3, 2, 1), put(4, 2, 1)]) },
  { id: 'I18', what: 'a node starts with a shorter log', play: (stage) => led(stage).start(1, { lastIndex: 2 }) },
  { id: 'I18', what: 'a node forgets its vote', play: (stage) => led(stage).start(1, { votedFor: null }) },
  {
    id: 'I20',
    what: 'more entries than fit go in one message',
    play: (stage) => stage.say(0, 1, append({ entries: [put(2, 2, 1), put(3, 2, 2)] })),
  },
  {
    id: 'I20',
    what: 'more is handed out to apply than the option says',
    play: (stage) => stage.oracle.took(stage.player(0), { ...noReady, committed: { from: 1, to: 3, entries: [] } }, () => stage.status(0)),
  },
  {
    id: 'leader-append-only',
    what: 'a leader cuts its log',
    play: (stage) => led(stage).hand(0, { truncateFrom: 3 }),
  },
  { id: 'leader-append-only', what: "a leader's log shrinks", play: (stage) => led(stage).step(0, { lastIndex: 2 }) },
  { id: 'durable-before-sent', what: 'a term is said that is not durable', play: (stage) => stage.say(1, 0, ackOf(0)) },
  {
    id: 'durable-before-sent',
    what: 'a vote is sent that is not durable',
    play(stage) {
      stage.write(1, { hardState: { currentTerm: 2, votedFor: null } });
      stage.say(1, 0, vote);
    },
  },
  { id: 'durable-before-sent', what: 'an entry is acknowledged that is not durable', play: (stage) => led(stage).say(1, 0, ackOf(4)) },
  {
    id: 'durable-before-sent',
    what: 'a candidate claims a log that is not durable',
    play: (stage) => led(stage).say(0, 1, { type: 'RequestVote', term: 2, lastLogIndex: 4, lastLogTerm: 2 }),
  },
  {
    id: 'acknowledged-equals-leader',
    what: 'an entry is acknowledged that the leader has otherwise',
    play(stage) {
      stage.elect(0, 2);
      stage.elect(0, 3);
      stage.write(0, { entries: [noop(2, 3)] });
      stage.write(1, { entries: [noop(2, 2)] });
      stage.say(1, 0, ackOf(2, 3));
    },
  },
  {
    id: 'named-pairs',
    what: 'a leader replicates to a disk that nobody names',
    play: (stage) => stage.oracle.sends(stage.player(0), { id: 'n1', storageId: 'f'.repeat(32) }, append()),
  },
  {
    id: 'named-pairs',
    what: 'a stranger votes',
    play: (stage) => stage.oracle.sends({ ...stage.player(0), id: 'n9' }, { id: 'n1', storageId: 'b'.repeat(32) }, vote),
  },
  {
    id: 'read-index',
    what: 'a leader gives an index behind an acknowledged write',
    play(stage) {
      stage.oracle.returned(stage.invoke(1), { type: 'ok', index: 5, result: { value: null } });
      stage.say(1, 0, { type: 'ReadIndex', term: 2, source: 7, id: 1 });
      stage.say(0, 1, { type: 'ReadIndexReply', term: 2, source: 7, id: 1, index: 4 });
    },
  },
  { id: 'storage-contract', what: 'a write leaves a gap', play: (stage) => stage.hand(0, { entries: [noop(4, 2)] }) },
  {
    id: 'storage-contract',
    what: 'terms fall within a log',
    play: (stage) => stage.hand(0, { entries: [noop(2, 3), noop(3, 2)] }),
  },
  {
    id: 'tickets',
    what: 'a message waits for a ticket that nobody handed out',
    play(stage) {
      const held = { to: { id: 'n1', storageId: 'b'.repeat(32) }, message: vote, ticket: 1 };
      stage.oracle.took(stage.player(0), { ...noReady, messagesAfter: [held] }, () => stage.status(0));
    },
  },
  {
    id: 'whole-snapshots',
    what: 'chunks of two snapshots are restored',
    play: (stage) => stage.oracle.restores(stage.player(0), { index: 3, digest: undefined }),
  },
];
