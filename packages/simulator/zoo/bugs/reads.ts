import { type Bug, change, waiting } from '../bug.ts';

const reading = 'packages/core/src/protocol/read-index.ts';
const proposals = 'packages/core/src/node/proposals.ts';

/** Reads, clients, the state machine. */
export const reads: readonly Bug[] = [
  {
    id: 'Q01',
    name: 'a leader serves reads without asking anybody',
    source: 'paper §8; Jepsen: etcd 0.4, Consul (2014)',
    ...change(reading, 'if (confirmed < confirming.round) return;', ''),
    caughtBy: { seeds: ['I15'] },
  },
  {
    id: 'Q02',
    name: 'a fresh leader serves reads',
    source: 'etcd 3189a66 (#12680); redisraft #22; raft-rs 8c95a3f',
    ...change(reading, ' || state.commitIndex < leader.termStartIndex', ''),
    caughtBy: { seeds: ['I15', 'read-index'] },
  },
  {
    id: 'Q03',
    name: 'a read does not wait until its index is applied',
    source: 'etcd, ReadState; RATIS-2350',
    ...change('packages/core/src/node/reads.ts', 'this.serveFrom(outcome.id, outcome.index);', 'this.serveFrom(outcome.id, 0);'),
    caughtBy: { seeds: ['I15'], level: 'node' },
  },
  {
    id: 'Q04',
    name: 'answers to earlier rounds confirm a read',
    source: 'etcd-io/raft #397',
    ...change(
      'packages/core/src/protocol/leader.ts',
      'progress.ackedRound = Math.max(progress.ackedRound, message.round);',
      'progress.ackedRound = leader.readRound;',
    ),
    caughtBy: { test: 'packages/core/test/paper/reads.test.ts', name: 'answers to earlier rounds do not count' },
  },
  {
    id: 'Q04',
    name: 'the refusal of an append of an earlier term answers a round of this one',
    source: 'our own, once (seed 515)',
    ...change(
      'packages/core/src/protocol/follower.ts',
      'const nothing = { round: 0, prevLogIndex: 0,',
      'const nothing = { round: message.round, prevLogIndex: 0,',
    ),
    caughtBy: { seeds: ['I16'] },
  },
  waiting('Q06', 'who promised a lease votes all the same', 'leases'),
  waiting('Q07', 'a lease is counted from the answer', 'leases'),
  waiting('Q09', 'a lease outlives a transfer of leadership', 'leases'),
  waiting('Q10', 'a lease is looked at before a pause', 'leases'),
  waiting('Q11', 'a retry is applied again', 'sessions'),
  waiting('Q12', 'retries are looked for when they are proposed', 'sessions'),
  waiting('Q13', 'sessions end by the local clock', 'sessions'),
  {
    id: 'Q15',
    name: 'a proposal is answered by whatever is applied at its index',
    source: 'MIT 6.5840, TestRestartSubmit; camunda',
    ...change(proposals, '    if (pending.term === term) this.#settle', '    if (term > 0) this.#settle'),
    caughtBy: { seeds: ['I16'], level: 'node' },
  },
  {
    id: 'Q16',
    name: 'a proposal is answered when it is appended',
    source: 'redisraft #14',
    ...change(
      proposals,
      '    if (pending.index === 0) this.#place(pending, outcome.appended.index, outcome.appended.term);',
      "    this.#settle(pending, { outcome: 'committed', index: outcome.appended.index, result: undefined as Result });",
    ),
    caughtBy: { seeds: ['I16'], level: 'node' },
  },
  {
    id: 'Q16',
    name: 'entries are applied, and answered, when they are appended',
    source: 'redisraft #14',
    ...change(
      'packages/core/src/protocol/raft.ts',
      'const to = Math.min(state.commitIndex, state.appliedIndex + config.maxApplyingEntries);',
      'const to = Math.min(state.log.lastIndex, state.appliedIndex + config.maxApplyingEntries);',
    ),
    caughtBy: { seeds: ['I08', 'I11', 'I22'] },
  },
  {
    id: 'Q18',
    name: 'a state machine asks its own clock',
    source: 'etcd, KV_HASH; TigerBeetle, storage checker',
    ...change(
      'packages/kv/src/store.ts',
      'this.#values.set(command.key, { value: command.value.slice(), revision: index });',
      'this.#values.set(command.key, { value: command.value.slice(), revision: Math.ceil(performance.now()) });',
    ),
    caughtBy: { test: 'packages/kv/src/store.test.ts', name: 'a put stores the value under the index of its entry' },
  },
  {
    id: 'Q18',
    name: 'a query changes the state that it looks at',
    source: 'etcd, KV_HASH; TigerBeetle, storage checker',
    ...change(
      'packages/simulator/src/clients/kv-machine.ts',
      '    return { value: this.values.get(key) ?? null };',
      '    this.digest = hash(this.digest, encodeUtf8(key));\n    return { value: this.values.get(key) ?? null };',
    ),
    caughtBy: { seeds: ['I09'] },
  },
  {
    id: 'Q19',
    name: 'a command that the state machine throws on is skipped',
    source: 'sofa-jraft 913a85ab; openraft dd29c2e9',
    ...change(
      'packages/core/src/node/applier.ts',
      '    } catch (error) {\n      throw failedAt(entry, error);\n    }\n  }\n\n  async #finish',
      '    } catch {\n      this.#isBusy = false;\n      return undefined;\n    }\n  }\n\n  async #finish',
    ),
    caughtBy: { test: 'packages/kv/test/node/failures.test.ts', name: 'a command that the state machine throws on stops the node' },
  },
  {
    id: 'Q21',
    name: 'a forwarded proposal is taken each time it comes',
    source: 'redisraft #13',
    ...change('packages/core/src/protocol/forwarding.ts', 'if (known && (id < known.floor || known.ids.has(id))) continue;', ''),
    caughtBy: { seeds: ['I17', 'I16'] },
  },
];
