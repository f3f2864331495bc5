import { type Bug, change } from '../bug.ts';

/** What TypeScript and browsers make easy to get wrong. */
export const typescript: readonly Bug[] = [
  {
    id: 'J01',
    name: 'what waited for the disk is stamped with the term of when it leaves',
    source: 'canonical/raft 35479fc, 2a38d3d',
    ...change(
      'packages/core/src/protocol/raft.ts',
      '    const write = takeWrite(state);\n',
      '    state.outbox.messagesAfter = state.outbox.messagesAfter.map((held) => ({ ...held, message: { ...held.message, term: state.currentTerm } }));\n    const write = takeWrite(state);\n',
    ),
    caughtBy: { seeds: ['I16', 'I02', 'I01', 'acknowledged-equals-leader', 'durable-before-sent'] },
  },
  {
    id: 'J01',
    name: 'a message that waited for the disk is put together when it leaves',
    source: 'canonical/raft 35479fc, 2a38d3d',
    ...change(
      'packages/core/src/node/driver.ts',
      'send: ({ to, message }) => transport.send(to, message),',
      'send: ({ to, message }) => transport.send(to, { ...message, term: this.#raft.status().term }),',
    ),
    caughtBy: { seeds: ['I16', 'I02', 'I01', 'acknowledged-equals-leader', 'durable-before-sent'], level: 'node' },
  },
  {
    id: 'J03',
    name: 'nodes in one process share what they send each other',
    source: 'etcd, rafttest/network.go',
    ...change('packages/transport-memory/src/link.ts', 'return encode ? encodeMessage(message) : message;', 'return message;'),
    caughtBy: { test: 'packages/transport-memory/src/memory-network.test.ts', name: 'shares no bytes between nodes' },
  },
  {
    id: 'J04',
    name: 'numbers are sorted as texts',
    source: 'Array.prototype.sort',
    ...change('packages/core/src/protocol/quorum.ts', '.sort((a, b) => b - a);', '.sort().reverse();'),
    caughtBy: { seeds: ['I05', 'I11', 'liveness'] },
  },
  {
    id: 'J04',
    name: 'an index has 32 bits',
    source: 'ToInt32',
    ...change(
      'packages/wire/src/integers.ts',
      'return getU32(bytes, at) * two32 + getU32(bytes, at + 4);',
      'return (getU32(bytes, at) * two32 + getU32(bytes, at + 4)) | 0;',
    ),
    caughtBy: { test: 'packages/wire/src/entry.test.ts', name: 'takes the largest index, term and time' },
  },
  {
    id: 'J06',
    name: 'a write is acknowledged when IndexedDB has taken it, not when it is complete',
    source: 'Indexed Database API 3.0',
    ...change(
      'packages/storage-indexeddb/src/transactions.ts',
      'const [value] = await Promise.all([work(), ended]);\n    return value;',
      'return await work();',
    ),
    caughtBy: { test: 'packages/storage-indexeddb/test/browser-life.test.ts', name: 'rejects with noSpace from then on' },
  },
  {
    id: 'J07',
    name: 'a hidden tab’s late timer is taken for silence of the leader',
    source: 'timers of hidden tabs',
    ...change(
      'packages/core/src/protocol/punctuality.ts',
      'if (this.#gaveWay || !(this.#isSlowed || this.#wokeLate)) return false;',
      'return false;',
    ),
    caughtBy: { test: 'packages/core/test/late-timers.test.ts', name: 'does not take its own sleep for silence of the leader' },
  },
  {
    id: 'J09',
    name: 'frames are views of the socket’s buffer',
    source: 'redisraft baa72db',
    ...change(
      'packages/core/src/connections/framing.ts',
      '    const frame = new Uint8Array(length);\n',
      '    const end = this.#position + length;\n    const frame = isWhole && end <= this.#chunk.length ? this.#chunk.subarray(this.#position, end) : new Uint8Array(length);\n',
    ),
    caughtBy: { test: 'packages/core/src/connections/framing.test.ts', name: 'gives each frame a buffer of its own' },
  },
  {
    id: 'J10',
    name: 'who asks for a turn within a turn gets one',
    source: 'NuRaft 1d66df6; hashicorp/raft 5800ad5',
    changes: [{ file: 'packages/core/src/node/pump.ts', find: '    this.#options.clock.defer(this.#turn);', replace: '    this.#turn();' }],
    caughtBy: { test: 'packages/kv/test/node/requests.test.ts', name: 'a proposal made within apply is one like any other' },
  },
];
