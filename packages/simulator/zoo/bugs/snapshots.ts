import { type Bug, change, waiting } from '../bug.ts';

const receiving = 'packages/core/src/protocol/snapshot-receiving.ts';
const sending = 'packages/core/src/protocol/snapshot-sending.ts';
const state = 'packages/core/src/protocol/state.ts';
const raft = 'packages/core/src/protocol/raft.ts';
const log = 'packages/core/src/protocol/log.ts';
const taking = 'packages/core/src/node/snapshots.ts';

const paper = 'packages/core/test/paper/snapshots.test.ts';
const node = 'packages/kv/test/node/snapshots.test.ts';

/** Snapshots and compaction. */
export const snapshots: readonly Bug[] = [
  {
    id: 'S01',
    name: 'an older snapshot rolls the state back',
    source: 'RATIS-1838; NuRaft #407; paper §7',
    changes: [
      {
        file: receiving,
        find: 'if (meta.lastIncludedIndex <= state.commitIndex) {',
        replace: 'if (meta.lastIncludedIndex < 0) {',
      },
      { file: receiving, find: ' || (event.done && meta.lastIncludedIndex <= state.commitIndex)', replace: '' },
    ],
    caughtBy: { seeds: ['I07', 'I08', 'I10', 'I11', 'I22'] },
  },
  {
    id: 'S02',
    name: 'a snapshot takes with it what follows it in the log',
    source: 'camunda #6092; RedisLabs/raft #49; paper, Figure 13, rule 6',
    changes: [
      {
        file: receiving,
        find: '  joinCluster(state, incoming.clusterId);\n  adoptSnapshot(state, meta);',
        replace:
          '  joinCluster(state, incoming.clusterId);\n  if (state.log.lastIndex > meta.lastIncludedIndex) truncateLog(state, meta.lastIncludedIndex + 1);\n  adoptSnapshot(state, meta);',
      },
      { file: receiving, find: 'send, sendWhenDurable }', replace: 'send, sendWhenDurable, truncateLog }' },
    ],
    caughtBy: { test: paper, name: 'rule 6' },
  },
  {
    id: 'S03',
    name: 'a conflicting suffix stays behind a snapshot',
    source: 'hashicorp/raft #697 (#704); paper, Figure 13, rule 7',
    ...change(state, 'if (!onDisk || log.termAt(index) !== term) {', 'if (!onDisk) {'),
    caughtBy: { seeds: ['I04', 'I05', 'I11', 'I22', 'storage-contract'] },
  },
  {
    id: 'S04',
    name: 'the term in front of a log that was cut is that of its end',
    source: 'redisraft cbf9fd9; openraft #1500',
    ...change(
      log,
      '    this.#boundary = { index, term };\n    this.#configurations',
      '    this.#boundary = { index, term: this.lastTerm };\n    this.#configurations',
    ),
    caughtBy: { seeds: ['I03', 'I11', 'I22', 'liveness'] },
  },
  {
    id: 'S04',
    name: 'a snapshot says the term in which it was taken',
    source: 'redisraft cbf9fd9; openraft #1500',
    ...change(
      'packages/core/src/node/applier.ts',
      '    this.#lastAppliedTerm = term;\n    if (entry.kind',
      "    if (entry.kind === 'command') this.#lastAppliedTerm = term;\n    if (entry.kind",
    ),
    caughtBy: { seeds: ['I11', 'I08', 'I22', 'liveness', 'leader-append-only'], level: 'node' },
  },
  waiting('S05', 'the sessions are not in the snapshot', 'sessions'),
  {
    id: 'S06',
    name: 'the configuration is not taken from the snapshot',
    source: 'redisraft 51c1b78 (#44); etcd e515a67; openraft #1808',
    ...change(state, '?? state.snapshot?.configuration ?? null', '?? null'),
    caughtBy: { seeds: ['liveness', 'I13', 'I22'] },
  },
  {
    id: 'S07',
    name: 'a snapshot is made of a later state than it says',
    source: 'tikv #4716',
    changes: [
      {
        file: taking,
        find: '    this.#options.tasks.run(() => this.#store(taking, chunks));',
        replace:
          '    this.#options.tasks.run(async () => {\n      await new Promise<void>((resolve) => this.#options.clock.defer(resolve));\n      await this.#store(taking, this.#options.stateMachine.snapshot());\n    });',
      },
      { file: taking, find: '      chunks = this.#options.stateMachine.snapshot();', replace: '      void chunks;' },
      { file: taking, find: '    let chunks: AsyncIterable<Bytes>;', replace: '    let chunks: AsyncIterable<Bytes> | undefined;' },
    ],
    caughtBy: { seeds: ['I09', 'S07'], level: 'node' },
  },
  {
    id: 'S07',
    name: 'a store makes its snapshot while it goes on',
    source: 'tikv #4716',
    ...change('packages/kv/src/store.ts', 'return writeSnapshot([...this.#values]);', 'return writeSnapshot(this.#values as never);'),
    caughtBy: { test: 'packages/kv/src/store.test.ts', name: 'a snapshot holds the state of the moment' },
  },
  {
    id: 'S09',
    name: 'chunks of several snapshots are mixed',
    source: 'openraft 946dc3f9; RATIS-2147, -2148; LogCabin #174',
    ...change(
      receiving,
      'if (incoming && (incoming.from.id !== peer.id || incoming.transfer !== transfer || incoming.term !== message.term)) {',
      'if (incoming && incoming.from.id !== peer.id) {',
    ),
    caughtBy: { seeds: ['whole-snapshots', 'S09', 'I09', 'I22'] },
  },
  {
    id: 'S09',
    name: 'a chunk stored in a later term answers a transfer of that term',
    source: 'RATIS-2148; our own, once (seed 937)',
    ...change(receiving, 'incoming.term !== state.currentTerm || (', '('),
    caughtBy: { test: paper, name: 'a chunk that is stored in a later term' },
  },
  {
    id: 'S10',
    name: 'a snapshot of an earlier term is accepted',
    source: 'paper, Figure 13; RATIS-2183',
    ...change(
      receiving,
      'if (!hearLeader(state, from, message.term)) {',
      'if (!hearLeader(state, from, Math.max(message.term, state.currentTerm))) {',
    ),
    caughtBy: { seeds: ['I16', 'I22'] },
  },
  {
    id: 'S10',
    name: 'a snapshot of an earlier term is stored, though its sender is not followed',
    source: 'paper, Figure 13; RATIS-2183',
    ...change(
      receiving,
      'if (!hearLeader(state, from, message.term)) {',
      'if (message.term >= state.currentTerm && !hearLeader(state, from, message.term)) {',
    ),
    caughtBy: { seeds: ['I16', 'I22'] },
  },
  {
    id: 'S12',
    name: 'the log behind a snapshot that is being sent is cut',
    source: 'RATIS-1305; NuRaft #121',
    ...change(
      raft,
      'if (transfer?.meta && now - lastHeardAt < config.electionTimeoutMs) index = Math.min(index, transfer.meta.lastIncludedIndex);',
      'if (transfer?.meta && now < lastHeardAt) index = Math.min(index, transfer.meta.lastIncludedIndex);',
    ),
    caughtBy: { test: paper, name: 'keeps the entries behind it, since its receiver needs them next' },
  },
  {
    id: 'S13',
    name: 'a chunk whose answer is lost is never sent again',
    source: 'etcd, snapshot_succeed_via_app_resp; canonical/raft 5c46083; sofa-jraft #605',
    ...change(
      sending,
      'state.now - transfer.since < state.config.electionTimeoutMs',
      'state.now - transfer.since < Number.POSITIVE_INFINITY',
    ),
    caughtBy: { seeds: ['liveness', 'I20'] },
  },
  waiting('S15', 'a snapshot’s configuration replaces a newer one', 'membership changes'),
  {
    id: 'S16',
    name: 'the log is cut beyond the snapshot',
    source: 'camunda #4451, #3573',
    ...change(raft, 'let index = snapshot.lastIncludedIndex - config.trailingEntries;', 'let index = state.appliedIndex;'),
    caughtBy: { seeds: ['I11'] },
  },
  {
    id: 'S18',
    name: 'a snapshot of its own, older than the one installed meanwhile, is adopted',
    source: 'canonical/raft 2edd2c6, af1a2d0',
    ...change(
      raft,
      'if (event.meta.lastIncludedIndex > (state.snapshot?.lastIncludedIndex ?? 0)) adoptSnapshot(state, event.meta);',
      'adoptSnapshot(state, event.meta);',
    ),
    caughtBy: { seeds: ['I10', 'I11', 'I22', 'storage-contract'] },
  },
  {
    id: 'S19',
    name: 'who asks for a snapshot while one is made is forgotten',
    source: 'openraft #1829',
    ...change(
      taking,
      '    for (const request of taking.requests) settle(request);\n    this.consider();\n',
      '    for (const request of taking.requests) settle(request);\n',
    ),
    caughtBy: { test: node, name: 'snapshots that are asked for at once are taken one after the other' },
  },
  {
    id: 'S19',
    name: 'after one snapshot no other is taken',
    source: 'openraft #1829',
    ...change(taking, '    if (this.#taking === taking) this.#taking = undefined;\n', ''),
    caughtBy: { seeds: ['I20'], level: 'node' },
  },
];
