import { type Bug, change } from '../bug.ts';

const follower = 'packages/core/src/protocol/follower.ts';
const replicating = 'packages/core/src/protocol/replication.ts';
const state = 'packages/core/src/protocol/state.ts';
const leader = 'packages/core/src/protocol/leader.ts';
const raft = 'packages/core/src/protocol/raft.ts';
const quorum = 'packages/core/src/protocol/quorum.ts';
const log = 'packages/core/src/protocol/log.ts';
const tickets = 'packages/core/src/protocol/tickets.ts';

const paper = 'packages/core/test/paper/replication.test.ts';

/** Replication and commit. */
export const replication: readonly Bug[] = [
  {
    id: 'R01',
    name: 'the previous entry is not compared',
    source: 'paper §5.3',
    ...change(follower, 'log.termAt(prevLogIndex) !== prevLogTerm', 'prevLogIndex > log.lastIndex'),
    caughtBy: { seeds: ['I04', 'acknowledged-equals-leader'] },
  },
  {
    id: 'R03',
    name: 'a conflicting entry stays',
    source: 'mofa #1151',
    ...change(follower, 'if (term !== undefined) truncateLog(state, entry.index);', 'if (term !== undefined) continue;'),
    caughtBy: { seeds: ['I03', 'I04', 'I05', 'I08', 'acknowledged-equals-leader', 'durable-before-sent'] },
  },
  {
    id: 'R04',
    name: 'commits up to its own last entry',
    source: 'copycat #265; scylladb #9965; rabbitmq/ra #508',
    ...change(follower, 'Math.min(message.leaderCommit, lastNewIndex)', 'Math.min(message.leaderCommit, log.lastIndex)'),
    caughtBy: { seeds: ['I03', 'I07', 'I08', 'I09', 'I16', 'I22'] },
  },
  {
    id: 'R06',
    name: 'a follower acknowledges up to its own last entry',
    source: 'CCF #6016',
    changes: [
      {
        file: follower,
        find: 'matchIndex: Math.min(lastNewIndex, tickets.durableIndex) });',
        replace: 'matchIndex: tickets.durableIndex });',
      },
      { file: follower, find: 'matchIndex: lastNewIndex });', replace: 'matchIndex: log.lastIndex });' },
    ],
    caughtBy: { seeds: ['acknowledged-equals-leader', 'I22', 'I05'] },
  },
  {
    id: 'R07',
    name: 'the leader takes what it sent for what was acknowledged',
    source: 'Students’ Guide to Raft',
    ...change(replicating, 'const { matchIndex } = message;', 'const matchIndex = Math.max(message.matchIndex, progress.nextIndex - 1);'),
    caughtBy: { seeds: ['I05'] },
  },
  {
    id: 'R09',
    name: 'a refusal moves what is known to match',
    source: 'CCF, commit advance on AE-NACK',
    ...change(
      replicating,
      "  } else if (progress.state !== 'snapshot') {\n    backTrack(",
      "  } else if (progress.state !== 'snapshot') {\n    progress.acknowledge(Math.min(message.conflictIndex, state.log.lastIndex));\n    backTrack(",
    ),
    caughtBy: { seeds: ['I05', 'liveness'] },
  },
  {
    id: 'R10',
    name: 'entries of earlier terms are committed by counting',
    source: 'paper, Figure 8; LogCabin #44; canonical/raft 524f735',
    ...change(replicating, ' && state.log.termAt(index) === state.currentTerm', ''),
    caughtBy: { seeds: ['I06'] },
  },
  {
    id: 'R10',
    name: 'entries of earlier terms are committed by counting, seen by the effect',
    source: 'paper, Figure 8; LogCabin #44; canonical/raft 524f735',
    ...change(replicating, ' && state.log.termAt(index) === state.currentTerm', ''),
    caughtBy: { test: paper, name: '(c): an entry of an earlier term is not committed by counting' },
  },
  {
    id: 'R11',
    name: 'the leader counts entries that it has not synced',
    source: 'etcd #14370; canonical/raft d144504; openraft a9f696a9',
    ...change(replicating, '? state.tickets.durableIndex :', '? state.log.lastIndex :'),
    caughtBy: { seeds: ['I05'] },
  },
  {
    id: 'R12',
    name: 'a follower acknowledges before the sync',
    source: 'openraft ee460f37; dragonboat',
    ...change(
      follower,
      'else sendWhenDurable(state, from, { ...reply, matchIndex: lastNewIndex });',
      'else send(state, from, { ...reply, matchIndex: lastNewIndex });',
    ),
    caughtBy: { seeds: ['durable-before-sent', 'acknowledged-equals-leader'] },
  },
  {
    id: 'R12',
    name: 'a follower acknowledges before the sync, seen by the effect',
    source: 'openraft ee460f37; dragonboat',
    ...change(
      follower,
      'else sendWhenDurable(state, from, { ...reply, matchIndex: lastNewIndex });',
      'else send(state, from, { ...reply, matchIndex: lastNewIndex });',
    ),
    caughtBy: { seeds: ['I05'], off: ['durable-before-sent', 'acknowledged-equals-leader'] },
  },
  {
    id: 'R12',
    name: 'a write counts as durable from its beginning on',
    source: 'openraft ee460f37; dragonboat',
    ...change(
      tickets,
      '    this.#outstanding.push({ ticket: this.#last, index: write.lastIndex, term: write.term });\n',
      '    this.#outstanding.push({ ticket: this.#last, index: write.lastIndex, term: write.term });\n    this.durableIndex = write.lastIndex;\n',
    ),
    caughtBy: { seeds: ['I05', 'durable-before-sent'] },
  },
  {
    id: 'R13',
    name: 'appends of an earlier term are accepted',
    source: 'paper, Figure 2',
    ...change(follower, 'if (term < state.currentTerm) return false;', ''),
    caughtBy: { seeds: ['I16', 'I04', 'I07', 'I22', 'acknowledged-equals-leader'] },
  },
  {
    id: 'R15',
    name: 'an acknowledged write stands for entries cut meanwhile',
    source: 'etcd, async_storage_writes_append_aba_race; openraft cecb5de8',
    ...change(tickets, 'for (const write of this.#outstanding) write.index = Math.min(write.index, index);', ''),
    caughtBy: { seeds: ['I05', 'I22', 'I11', 'durable-before-sent'] },
  },
  {
    id: 'R16',
    name: 'half commits, when the number is even',
    source: 'hashicorp/raft 163a55f',
    ...change(quorum, 'values[majority(values.length) - 1]', 'values[Math.floor((values.length - 1) / 2)]'),
    caughtBy: { seeds: ['I05'] },
  },
  {
    id: 'R18',
    name: 'after a refusal the leader sends the same again',
    source: 'etcd #149; CCF #2835; RATIS-2135',
    ...change(replicating, 'progress.becomeProbe(candidate.index + 1);', 'progress.becomeProbe(progress.nextIndex);'),
    caughtBy: { seeds: ['liveness', 'I19'] },
  },
  {
    id: 'R18',
    name: 'after a refusal the leader looks one entry too high',
    source: 'hashicorp/raft #73',
    ...change(replicating, 'progress.becomeProbe(candidate.index + 1);', 'progress.becomeProbe(candidate.index + 2);'),
    caughtBy: { seeds: ['liveness', 'I19'] },
  },
  {
    id: 'R19',
    name: 'the refusal of an older append undoes the search for the conflict',
    source: 'CCF #3723; openraft fbbf37b1',
    changes: [
      { file: replicating, find: ' || prevLogIndex >= progress.nextIndex) return;', replace: ') return;' },
      { file: replicating, find: "  if (progress.state === 'probe' && prevLogIndex !== progress.nextIndex - 1) return;\n", replace: '' },
    ],
    caughtBy: { test: paper, name: 'a refusal that comes late, of what was matched since' },
  },
  {
    id: 'R21',
    name: 'an entry that is not there has term 0',
    source: 'etcd 76f1249',
    ...change(
      log,
      'if (index < this.#boundary.index || index > this.#lastIndex) return undefined;',
      'if (index < this.#boundary.index || index > this.#lastIndex) return 0;',
    ),
    caughtBy: { seeds: ['liveness', 'I22'] },
  },
  {
    id: 'R22',
    name: 'a heartbeat commits without a look at the log',
    source: 'etcd, sendHeartbeat; rabbitmq/ra #508',
    ...change(
      follower,
      '  const lastNewIndex = prevLogIndex + entries.length;\n',
      '  const lastNewIndex = prevLogIndex + entries.length;\n  if (entries.length === 0) commitTo(state, Math.min(message.leaderCommit, log.lastIndex));\n',
    ),
    caughtBy: { seeds: ['durable-before-sent', 'I03', 'I07', 'I08', 'I09', 'I16', 'I22'] },
  },
  {
    id: 'R24',
    name: 'a copy is appended twice',
    source: 'NuRaft 972f02d; paper, Figure 2',
    ...change(follower, 'if (term === entry.term || entry.index <= log.boundary.index) continue;', ''),
    caughtBy: { seeds: ['I07', 'I22'] },
  },
  {
    id: 'R25',
    name: 'what followers match is guessed when a term begins',
    source: 'akka-raft #58',
    ...change(
      'packages/core/src/protocol/progress.ts',
      '    this.nextIndex = options.nextIndex;',
      '    this.nextIndex = options.nextIndex;\n    this.matchIndex = options.nextIndex - 1;',
    ),
    caughtBy: { seeds: ['I05', 'liveness'] },
  },
  {
    id: 'R25',
    name: 'nextIndex is set when the first entry of the term is appended already',
    source: 'akka-raft #58',
    ...change(leader, '{ nextIndex: log.lastIndex + 1, now, config }', '{ nextIndex: log.lastIndex + 2, now, config }'),
    caughtBy: {
      equivalent:
        'nextIndex is a guess. The first append names the no-op as its previous entry, is refused, and the search goes one back; nothing is committed, acknowledged or skipped by a wrong guess. It costs a message a term.',
    },
  },
  {
    id: 'R27',
    name: 'a late append of an earlier term cuts what is committed, and nothing asserts that it may not',
    source: 'CCF #5991; lerna #152',
    changes: [
      { file: follower, find: 'if (term < state.currentTerm) return false;', replace: '' },
      {
        file: state,
        find: 'invariant(from > state.commitIndex, () =>',
        replace: 'invariant(from > 0, () =>',
      },
    ],
    caughtBy: { seeds: ['I16', 'I04', 'I07', 'I22', 'acknowledged-equals-leader'] },
  },
  {
    id: 'R28',
    name: 'the window’s bytes leak when a follower is probed anew',
    source: 'etcd e419ba5, a370b6f',
    ...change('packages/core/src/protocol/inflights.ts', '    this.#open = [];\n    this.#bytes = 0;\n', '    this.#open = [];\n'),
    caughtBy: { seeds: ['liveness'] },
  },
  {
    id: 'R28',
    name: 'the window is counted in bytes only',
    source: 'etcd e419ba5, a370b6f',
    ...change('packages/core/src/protocol/inflights.ts', 'this.#open.length >= this.#maxMessages || ', ''),
    caughtBy: { seeds: ['I20'] },
  },
  {
    id: 'R30',
    name: 'the first append of a new leader cuts what is behind it',
    source: 'CCF #5676, #2189',
    changes: [
      {
        file: follower,
        find: '  const { log, tickets } = state;\n',
        replace: '  const { log, tickets } = state;\n  const isNewFollower = state.leaderId !== from.id;\n',
      },
      {
        file: follower,
        find: '  for (const entry of entries) {\n',
        replace:
          '  if (isNewFollower && log.lastIndex > Math.max(prevLogIndex, state.commitIndex)) truncateLog(state, Math.max(prevLogIndex, state.commitIndex) + 1);\n  for (const entry of entries) {\n',
      },
    ],
    caughtBy: { seeds: ['I03', 'I05', 'I07'] },
  },
  {
    id: 'R31',
    name: 'entries are stamped anew with the current term',
    source: 'camunda #5360',
    changes: [
      {
        file: follower,
        find: "import type { AppendEntries, AppendEntriesReply } from '@raft/wire';",
        replace: "import { type AppendEntries, type AppendEntriesReply, encodeEntry, entryData } from '@raft/wire';",
      },
      {
        file: follower,
        find: '    log.append(entry);',
        replace: '    log.append(encodeEntry({ ...entry, term: state.currentTerm, data: entryData(entry) }));',
      },
    ],
    caughtBy: { seeds: ['I04', 'acknowledged-equals-leader', 'I03', 'I08'] },
  },
  {
    id: 'R33',
    name: 'a refusal that comes late is read as lost data',
    source: 'openraft #1500 (2bdfae5d)',
    ...change(
      replicating,
      'if (prevLogIndex <= progress.matchIndex || prevLogIndex >= progress.nextIndex) return;',
      'invariant(prevLogIndex > progress.matchIndex, () => progress.peer.id);\n  if (prevLogIndex >= progress.nextIndex) return;',
    ),
    caughtBy: { seeds: ['I22'] },
  },
  {
    id: 'R34',
    name: 'the commit index is taken back to what was handed out',
    source: 'etcd 8ecce32, 2e0653d',
    ...change(raft, '  state.applyingIndex = to;\n', '  state.applyingIndex = to;\n  state.commitIndex = to;\n'),
    caughtBy: { seeds: ['I10'] },
  },
  {
    id: 'R34',
    name: 'a late append takes the commit index back',
    source: 'paper, Figure 2, AppendEntries, rule 5',
    ...change(state, '  if (index <= state.commitIndex) return;\n', ''),
    caughtBy: { seeds: ['I10'] },
  },
  {
    id: 'R36',
    name: 'a read of the log that finds nothing is not answered',
    source: 'openraft d90df18f, f994c862; etcd 4481b79',
    ...change(replicating, '  if (!progress?.fetching) return;\n', '  if (!progress?.fetching || entries.length === 0) return;\n'),
    caughtBy: { seeds: ['liveness'] },
  },
];
