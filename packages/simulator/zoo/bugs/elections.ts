import { type Bug, change, waiting } from '../bug.ts';

const election = 'packages/core/src/protocol/election.ts';
const candidate = 'packages/core/src/protocol/candidate.ts';
const state = 'packages/core/src/protocol/state.ts';
const roles = 'packages/core/src/protocol/roles.ts';
const log = 'packages/core/src/protocol/log.ts';
const raft = 'packages/core/src/protocol/raft.ts';

const paper = 'packages/core/test/paper/elections.test.ts';

/** Elections and votes. */
export const elections: readonly Bug[] = [
  {
    id: 'E01',
    name: 'votes twice in a term',
    source: 'paper §5.2; camunda #1068',
    ...change(election, '(state.votedFor === null || state.votedFor === from.id) &&', ''),
    caughtBy: { seeds: ['I02', 'I01'], off: ['durable-before-sent'] },
  },
  {
    id: 'E02',
    name: 'votedFor is not persisted',
    source: 'paper, Figure 2; nodedb #161',
    ...change(state, 'votedFor: state.votedFor }', 'votedFor: null }'),
    caughtBy: { seeds: ['durable-before-sent'] },
  },
  {
    id: 'E02',
    name: 'votedFor is not persisted, seen by its effect',
    source: 'paper, Figure 2; nodedb #161',
    ...change(state, 'votedFor: state.votedFor }', 'votedFor: null }'),
    caughtBy: { seeds: ['I01', 'I02'], off: ['durable-before-sent'] },
  },
  {
    id: 'E03',
    name: 'currentTerm is not persisted',
    source: 'Truxify #13974; tikv #3572',
    ...change(state, '{ hardState: { currentTerm: state.currentTerm,', '{ hardState: { currentTerm: 1,'),
    caughtBy: { seeds: ['durable-before-sent'] },
  },
  {
    id: 'E04',
    name: 'a vote is sent before it is durable',
    source: 'nodedb #161; openraft ee460f37',
    ...change(
      election,
      "sendWhenDurable(state, from, { type: 'RequestVoteReply', term: state.currentTerm, granted });",
      "state.outbox.messages.push({ to: from, message: { type: 'RequestVoteReply', term: state.currentTerm, granted } });",
    ),
    caughtBy: { seeds: ['durable-before-sent'] },
  },
  {
    id: 'E04',
    name: 'a vote waits for its term only, not for itself',
    source: 'nodedb #161; openraft ee460f37',
    ...change(
      election,
      "sendWhenDurable(state, from, { type: 'RequestVoteReply', term: state.currentTerm, granted });",
      "send(state, from, { type: 'RequestVoteReply', term: state.currentTerm, granted });",
    ),
    caughtBy: { seeds: ['durable-before-sent'] },
  },
  {
    id: 'E06',
    name: 'a candidate asks before its own vote is durable',
    source: 'sofa-jraft 5222f3ff (#1245)',
    changes: [
      {
        file: candidate,
        find: "    sendWhenDurable(state, peer, {\n      type: 'RequestVote',\n      term: state.currentTerm,\n      lastLogIndex: state.log.lastIndex,\n      lastLogTerm: state.log.lastTerm,\n    }),",
        replace:
          "    state.outbox.messages.push({ to: peer, message: { type: 'RequestVote', term: state.currentTerm, lastLogIndex: state.log.lastIndex, lastLogTerm: state.log.lastTerm } }),",
      },
    ],
    caughtBy: { seeds: ['durable-before-sent'] },
  },
  {
    id: 'E06',
    name: 'a candidate asks before its own vote is durable, seen by its effect',
    source: 'sofa-jraft 5222f3ff (#1245)',
    changes: [
      {
        file: candidate,
        find: "    sendWhenDurable(state, peer, {\n      type: 'RequestVote',\n      term: state.currentTerm,\n      lastLogIndex: state.log.lastIndex,\n      lastLogTerm: state.log.lastTerm,\n    }),",
        replace:
          "    state.outbox.messages.push({ to: peer, message: { type: 'RequestVote', term: state.currentTerm, lastLogIndex: state.log.lastIndex, lastLogTerm: state.log.lastTerm } }),",
      },
    ],
    caughtBy: { seeds: ['I01', 'I02'], off: ['durable-before-sent'] },
  },
  {
    id: 'E07',
    name: 'a vote whose write failed is sent all the same',
    source: 'sofa-jraft 9f6f5dc2 (#1243, #1241)',
    ...change('packages/core/src/node/writes.ts', '(error: unknown) => this.fail(error),', '() => this.#ended(underWay),'),
    caughtBy: { seeds: ['durable-before-sent'], level: 'node' },
  },
  {
    id: 'E09',
    name: 'logs are compared by index only',
    source: 'paper §5.4.1',
    ...change(
      log,
      'return last.term > this.lastTerm || (last.term === this.lastTerm && last.index >= this.#lastIndex);',
      'return last.index >= this.#lastIndex;',
    ),
    caughtBy: { seeds: ['I03', 'I07'] },
  },
  {
    id: 'E09b',
    name: 'a shorter log of a higher term is refused',
    source: 'hashicorp/raft #94, #95 (441bd09)',
    ...change(
      log,
      'return last.term > this.lastTerm || (last.term === this.lastTerm && last.index >= this.#lastIndex);',
      'return last.index >= this.#lastIndex && last.term >= this.lastTerm;',
    ),
    caughtBy: { test: paper, name: 'a voter grants its vote to a log that is shorter, of a later term' },
  },
  {
    id: 'E11',
    name: 'a candidate’s log is held against the commit index',
    source: 'CCF #589',
    changes: [
      {
        file: election,
        find: '    state.log.isUpToDate({ index: message.lastLogIndex, term: message.lastLogTerm });\n  if (granted) letAskerGoFirst(state);',
        replace: '    message.lastLogIndex >= state.commitIndex;\n  if (granted) letAskerGoFirst(state);',
      },
      {
        file: election,
        find: '    state.log.isUpToDate({ index: message.lastLogIndex, term: message.lastLogTerm });\n  if (granted) {',
        replace: '    message.lastLogIndex >= state.commitIndex;\n  if (granted) {',
      },
    ],
    caughtBy: { seeds: ['I03', 'I07'] },
  },
  {
    id: 'E11',
    name: 'who is elected rolls its log back to its commit index',
    source: 'CCF #589',
    changes: [
      {
        file: 'packages/core/src/protocol/leader.ts',
        find: '  const progress = new Map<string, Progress>();\n',
        replace:
          '  const kept = Math.max(1, state.commitIndex);\n  if (log.lastIndex > kept) truncateLog(state, kept + 1);\n  const progress = new Map<string, Progress>();\n',
      },
      {
        file: 'packages/core/src/protocol/leader.ts',
        find: 'import { configurationOf, type LeaderState, type State }',
        replace: 'import { configurationOf, type LeaderState, type State, truncateLog }',
      },
    ],
    caughtBy: { seeds: ['I07', 'leader-append-only', 'I22', 'I03'] },
  },
  {
    id: 'E12',
    name: 'an equal log is not up to date enough',
    source: 'often seen',
    ...change(log, 'last.index >= this.#lastIndex)', 'last.index > this.#lastIndex)'),
    caughtBy: { seeds: ['liveness'] },
  },
  {
    id: 'E14',
    name: 'a vote of an earlier term counts',
    source: 'Students’ Guide to Raft; akka-raft #45',
    ...change(candidate, "state.role !== 'candidate' || message.term !== state.currentTerm ||", "state.role !== 'candidate' ||"),
    caughtBy: { test: paper, name: 'votes of an earlier term, of strangers and of wiped disks do not count' },
  },
  {
    id: 'E15',
    name: 'half is a majority',
    source: 'raft-rs 2d89626',
    ...change('packages/core/src/protocol/quorum.ts', 'Math.floor(voters / 2) + 1', 'Math.max(1, Math.floor(voters / 2))'),
    caughtBy: { seeds: ['I01', 'I03', 'I05'] },
  },
  waiting('E17', 'a learner campaigns', 'learners'),
  {
    id: 'E18',
    name: 'who campaigns does not hear a leader of its term',
    source: 'LogCabin #42; paper §5.2',
    ...change(
      'packages/core/src/protocol/follower.ts',
      'if (term < state.currentTerm) return false;',
      "if (term < state.currentTerm || (term === state.currentTerm && state.role !== 'follower')) return false;",
    ),
    caughtBy: { seeds: ['liveness'] },
  },
  {
    id: 'E20',
    name: 'the election timer begins anew whenever somebody asks for a vote',
    source: 'Students’ Guide to Raft; dotNext #89',
    changes: [
      { file: election, find: '  if (granted) letAskerGoFirst(state);', replace: '  resetElectionTimer(state);' },
      {
        file: election,
        find: '  if (isLoyal(state, from)) return;\n',
        replace: '  resetElectionTimer(state);\n  if (isLoyal(state, from)) return;\n',
      },
    ],
    caughtBy: { seeds: ['liveness'] },
  },
  {
    id: 'E21',
    name: 'election time-outs are all the same',
    source: 'hashicorp/raft #50 (cda1ee8)',
    changes: [
      {
        file: roles,
        find: 'state.random.between(electionTimeoutMs, 2 * electionTimeoutMs)',
        replace: 'electionTimeoutMs',
      },
      {
        file: state,
        find: 'random.between(config.electionTimeoutMs, 2 * config.electionTimeoutMs)',
        replace: 'config.electionTimeoutMs',
      },
      { file: election, find: 'state.random.between(shortWait.from, shortWait.to)', replace: 'shortWait.to' },
    ],
    caughtBy: { test: paper, name: 'time-outs are drawn from a range' },
  },
  {
    id: 'E23',
    name: 'a pre-vote granted in another term is taken for a stale one',
    source: 'etcd d4471b2; canonical/raft #279; raft-rs #42',
    ...change(
      candidate,
      "if (state.role !== 'preCandidate' || message.round !== state.preVoteRound || !message.granted) return;",
      "if (state.role !== 'preCandidate' || message.term !== state.currentTerm || message.round !== state.preVoteRound || !message.granted) return;",
    ),
    caughtBy: { test: paper, name: 'a grant counts whatever term its voter is in' },
  },
  {
    id: 'E24',
    name: 'a refused pre-vote does not spread the higher term',
    source: 'openraft #1796 (d6a6d562); etcd #8501',
    ...change(candidate, '// Refused for our term: with the higher one we may win the next round, and without it nobody might.', 'return;'),
    caughtBy: { seeds: ['liveness'] },
  },
  {
    id: 'E26',
    name: 'a late pre-vote counts in the election that followed it',
    source: 'openraft 511f33c7 (#1839)',
    ...change(
      candidate,
      "if (state.role !== 'preCandidate' || message.round !== state.preVoteRound || !message.granted) return;",
      'if (message.round !== state.preVoteRound || !message.granted) return;',
    ),
    caughtBy: { seeds: ['I01', 'liveness', 'I22'] },
  },
  {
    id: 'E26',
    name: 'a pre-vote of an earlier round counts in this one',
    source: 'openraft 511f33c7 (#1839)',
    ...change(candidate, 'message.round !== state.preVoteRound || ', ''),
    caughtBy: { test: paper, name: 'a late grant of an earlier round does not count' },
  },
  {
    id: 'E27',
    name: 'a leader’s election timer goes on, and it campaigns',
    source: 'openraft 4490c678; etcd 06c21e9',
    changes: [
      {
        file: raft,
        find: '    tickLeader(state, state.leader);\n  } else if (state.now >= state.electionAt) {',
        replace: '    tickLeader(state, state.leader);\n  }\n  if (state.now >= state.electionAt) {',
      },
      { file: candidate, find: "state.role !== 'leader' && state.role !== 'stopped'", replace: "state.role !== 'stopped'" },
    ],
    caughtBy: { seeds: ['liveness', 'I22'] },
  },
  {
    id: 'E29',
    name: 'who gets a snapshot campaigns meanwhile, and then refuses the rest',
    source: 'canonical/raft 4fbd3c0; nebula #1769',
    changes: [
      {
        file: 'packages/core/src/protocol/snapshot-receiving.ts',
        find: '  if (!hearLeader(state, from, message.term)) {',
        replace:
          "  const { electionAt } = state;\n  if (state.role !== 'follower') abandon(state);\n  const heard = hearLeader(state, from, message.term);\n  state.electionAt = electionAt;\n  if (!heard) {",
      },
      {
        file: 'packages/core/src/protocol/replication.ts',
        find: '    const urgent = progress.owesHeartbeat ||',
        replace: "    if (progress.state === 'snapshot') continue;\n    const urgent = progress.owesHeartbeat ||",
      },
    ],
    caughtBy: { seeds: ['liveness'] },
  },
  {
    id: 'E30',
    name: 'a member is known by its id alone, whatever its disk',
    source: 'RATIS-1995; thesis §4; Protocol-Aware Recovery (FAST ’18)',
    ...change('packages/core/src/protocol/quorum.ts', 'voter.id === peer.id && voter.storageId === peer.storageId', 'voter.id === peer.id'),
    caughtBy: { test: paper, name: 'votes of an earlier term, of strangers and of wiped disks do not count' },
  },
  {
    id: 'E30',
    name: 'a member is replicated to and counted by its id alone, whatever its disk',
    source: 'RATIS-1995; thesis §4; Protocol-Aware Recovery (FAST ’18)',
    changes: [
      {
        file: 'packages/core/src/protocol/quorum.ts',
        find: 'voter.id === peer.id && voter.storageId === peer.storageId',
        replace: 'voter.id === peer.id',
      },
      {
        file: 'packages/core/src/protocol/leader.ts',
        find: 'new Progress({ id, storageId }, {',
        replace: 'new Progress({ id, storageId: state.connected.get(id)?.storageId ?? storageId }, {',
      },
    ],
    caughtBy: { seeds: ['named-pairs', 'I05'] },
  },
  {
    id: 'E32',
    name: 'a leader that hears no majority stays leader',
    source: 'openraft #2080; RATIS-1418; thesis §6.2',
    ...change('packages/core/src/protocol/leader.ts', 'const heardAt = heardMajorityAt(state, leader);', 'const heardAt = now;'),
    caughtBy: { scenario: 'bridge deadlock' },
  },
  {
    id: 'E33',
    name: 'who remembers a leader helps nobody, not even that leader',
    source: 'hashicorp/raft #74 (32051c1), #605',
    ...change(election, 'state.leaderId !== null && state.leaderId !== from.id &&', 'state.leaderId !== null &&'),
    caughtBy: { test: paper, name: 'who heard a leader lately helps that leader itself' },
  },
  waiting('E35', 'a vote is refused since the configuration does not name the candidate yet', 'membership changes'),
];
