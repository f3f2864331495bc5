import { type Bug, change } from '../bug.ts';

const state = 'packages/core/src/protocol/state.ts';
const file = 'packages/storage-file/src';
const test = 'packages/storage-file/test';

/** Persistence and storage: mostly the file storage's own code, on a disk that its tests let die at each call. */
export const persistence: readonly Bug[] = [
  {
    id: 'P01',
    name: 'a write is acknowledged without a sync',
    source: 'etcd #14370; redisraft, fsync',
    ...change(`${file}/log-writer.ts`, '      await file.sync();\n      if (this.#failure)', '      if (this.#failure)'),
    caughtBy: { test: `${test}/crash.test.ts`, name: 'by a death at any call' },
  },
  {
    id: 'P01',
    name: 'a write is acknowledged when it is handed over',
    source: 'etcd #14370; redisraft, fsync',
    changes: [
      { file: 'packages/core/src/node/writes.ts', find: '      () => this.#ended(underWay),\n', replace: '      () => undefined,\n' },
      {
        file: 'packages/core/src/node/writes.ts',
        find: '    this.#handed = write.ticket;\n',
        replace: '    this.#handed = write.ticket;\n    void Promise.resolve().then(() => this.#ended(underWay));\n',
      },
    ],
    caughtBy: { seeds: ['durable-before-sent', 'I05'], level: 'node' },
  },
  {
    id: 'P01',
    name: 'a write is acknowledged without a sync, seen by a node over it',
    source: 'etcd #14370; redisraft, fsync',
    ...change(`${file}/log-writer.ts`, '      await file.sync();\n      if (this.#failure)', '      if (this.#failure)'),
    caughtBy: { seeds: ['I18', 'I05', 'I22'], level: 'devices' },
  },
  {
    id: 'P03',
    name: 'a sync that failed is tried again, and believed',
    source: 'fsyncgate; Can Applications Recover from fsync Failures? (ATC ’20)',
    ...change(
      `${file}/log-writer.ts`,
      '      await file.sync();\n      if (this.#failure)',
      '      await file.sync().catch(() => file.sync());\n      if (this.#failure)',
    ),
    caughtBy: { test: `${test}/crash.test.ts`, name: 'by a call that fails, a sync above all' },
  },
  {
    id: 'P04',
    name: 'a torn tail is fatal',
    source: 'etcd #5230, #14093; mysticeti #219',
    ...change(
      `${file}/recovery.ts`,
      'if (Math.max(replay.durable, later.durable) >= lost) return damageAt',
      'if (later.hasData || Math.max(replay.durable, later.durable) >= lost) return damageAt',
    ),
    caughtBy: { test: `${test}/torn-tail.test.ts`, name: 'is cut at the torn batch' },
  },
  {
    id: 'P05',
    name: 'damage in the midst of the log is cut like a torn tail',
    source: 'pebble #453; unistore #567; Protocol-Aware Recovery (FAST ’18)',
    ...change(
      `${file}/recovery.ts`,
      '  if (Math.max(replay.durable, later.durable) >= lost) return damageAt(fileSystem, storageId, { segment, end, rest });\n',
      '',
    ),
    caughtBy: { test: `${test}/damage.test.ts`, name: 'any byte flipped in what a later header calls durable' },
  },
  {
    id: 'P06',
    name: 'a batch’s checksum is not looked at',
    source: 'TigerBeetle, fault model; Protocol-Aware Recovery (FAST ’18)',
    ...change(
      `${file}/batch-codec.ts`,
      'return crc32(bytes.subarray(offset + batchHeaderBytes, end)) === bodyChecksum;',
      'return bodyChecksum >= 0;',
    ),
    caughtBy: { test: `${test}/damage.test.ts`, name: 'any byte flipped in what a later header calls durable' },
  },
  {
    id: 'P07',
    name: 'hard state and entries are written one after the other',
    source: 'curvine #1368',
    changes: [
      {
        file: `${file}/log-writer.ts`,
        find: "      const offset = this.#put({ kind: 'write', record: batch.recordBytes, entries: batch.entries });\n      group.push({ batch, entriesOffset: offset + batchHeaderBytes + batch.recordBytes.length });",
        replace:
          "      this.#put({ kind: 'write', record: batch.recordBytes, entries: [] });\n      const offset = this.#put({ kind: 'write', record: noRecord, entries: batch.entries });\n      group.push({ batch, entriesOffset: offset + batchHeaderBytes });",
      },
    ],
    caughtBy: { test: `${test}/crash.test.ts`, name: 'by a death at any call' },
  },
  {
    id: 'P09',
    name: 'a truncation is not persisted',
    source: 'canonical/raft a3de078; sofa-jraft #1188',
    ...change(state, 'state.pending.truncateFrom = Math.min(from, state.pending.truncateFrom ?? from);', ''),
    caughtBy: { seeds: ['storage-contract', 'I04'] },
  },
  {
    id: 'P10',
    name: 'a snapshot gets its name before it is durable',
    source: 'sofa-jraft 8dc7729e (#480); redisraft #654; canonical/raft 8c19438',
    ...change(
      `${file}/snapshot-writer.ts`,
      '    await this.#file.sync();\n    await this.#file.close();\n',
      '    await this.#file.close();\n',
    ),
    caughtBy: { test: `${test}/crash.test.ts`, name: 'by a death at any call' },
  },
  {
    id: 'P10',
    name: 'the folder of a new snapshot is not synced',
    source: 'sofa-jraft c10e1113',
    ...change(
      `${file}/snapshot-writer.ts`,
      '    await fileSystem.rename(temporaryName(ref), snapshotName(ref.meta, ref.file));\n    await fileSystem.syncDirectory();\n',
      '    await fileSystem.rename(temporaryName(ref), snapshotName(ref.meta, ref.file));\n',
    ),
    caughtBy: { test: `${test}/crash.test.ts`, name: 'by a death at any call' },
  },
  {
    id: 'P12',
    name: 'entries older than a snapshot that replaced them are replayed over it',
    source: 'canonical/raft a3de078 (Jepsen)',
    ...change(
      `${file}/replay.ts`,
      'const dropped = record.dropsLog ? record.snapshot?.meta.lastIncludedIndex : undefined;',
      'const dropped = record.dropsLog && this.outline.lastIndex === 0 ? record.snapshot?.meta.lastIncludedIndex : undefined;',
    ),
    caughtBy: { test: `${test}/crash.test.ts`, name: 'by a death at any call' },
  },
  {
    id: 'P13',
    name: 'the log begins one too early behind a snapshot that replaced it',
    source: 'redisraft 5195c0c, 0779f60',
    ...change(`${file}/replay.ts`, '      outline.reset(dropped);', '      outline.reset(dropped - 1);'),
    caughtBy: { test: `${test}/crash.test.ts`, name: 'by a death at any call' },
  },
  {
    id: 'P15',
    name: 'files are sorted by name where their numbers matter',
    source: 'openraft 8f49a4c1',
    ...change(`${file}/file-names.ts`, 'segments.sort((a, b) => a - b)', 'segments.sort()'),
    caughtBy: { test: `${test}/crash.test.ts`, name: 'by a death at any call' },
  },
  {
    id: 'P15',
    name: 'the newest snapshot is chosen by its name',
    source: 'openraft 8f49a4c1',
    changes: [],
    caughtBy: {
      equivalent:
        'No snapshot is chosen by a name. The log’s record of the write that made a snapshot current names its file (storage-file: record-codec.ts, `SnapshotRef`; storage-indexeddb: `StateRecord.snapshot`), and the numbers in names are padded.',
    },
  },
  {
    id: 'P16',
    name: 'a write that ends early stands for those before it',
    source: 'openraft #1960 (2af491fb); raft-rs 7e7322b',
    ...change(
      'packages/core/src/node/writes.ts',
      '      this.#durable = oldest.ticket;\n      this.#underWay.shift();\n    }\n',
      '      this.#durable = oldest.ticket;\n      this.#underWay.shift();\n    }\n    this.#durable = Math.max(this.#durable, write.ticket);\n',
    ),
    caughtBy: { test: 'packages/core/src/node/writes.test.ts', name: 'a message leaves once its ticket and each before it are durable' },
  },
  {
    id: 'P16',
    name: 'a message waits for the write behind the one that holds what it says',
    source: 'openraft #1960 (2af491fb)',
    ...change(
      'packages/core/src/protocol/state.ts',
      'const ticket = hasPendingWrite(state) ? state.tickets.next : state.tickets.newest;',
      'const ticket = hasPendingWrite(state) ? state.tickets.next + 1 : state.tickets.newest;',
    ),
    caughtBy: { seeds: ['tickets'] },
  },
  {
    id: 'P18',
    name: 'a storage takes entries that leave a gap or overlap',
    source: 'openraft, defensive store; hashicorp/raft 596cfa1, e09eba6',
    ...change('packages/core/src/storages/log-plan.ts', 'if (entry.index !== index) throw', 'if (entry.index < 1) throw'),
    caughtBy: { test: 'packages/core/src/storages/log-plan.test.ts', name: 'refuses' },
  },
  {
    id: 'P19',
    name: 'a deleted range leaves one record behind',
    source: 'hashicorp/raft 16bee20; sofa-jraft 274e6d9f',
    ...change(
      'packages/storage-indexeddb/src/log-writer.ts',
      'store.delete(IDBKeyRange.lowerBound(deleteFrom))',
      'store.delete(IDBKeyRange.lowerBound(deleteFrom, true))',
    ),
    caughtBy: { test: 'packages/storage-indexeddb/test/suite.test.ts' },
  },
  {
    id: 'P19',
    name: 'a truncation of the file’s log leaves one entry behind',
    source: 'hashicorp/raft 16bee20; sofa-jraft 274e6d9f',
    ...change(`${file}/replay.ts`, '      outline.truncateFrom(from);', '      outline.truncateFrom(from + 1);'),
    caughtBy: { test: `${test}/crash.test.ts`, name: 'by a death at any call' },
  },
  {
    id: 'P19',
    name: 'a truncation of the file’s log leaves one entry behind, seen by a node over it',
    source: 'hashicorp/raft 16bee20; sofa-jraft 274e6d9f',
    ...change(`${file}/replay.ts`, '      outline.truncateFrom(from);', '      outline.truncateFrom(from + 1);'),
    caughtBy: { seeds: ['I18', 'I22'], level: 'devices' },
  },
  {
    id: 'P21',
    name: 'a folder may be opened twice',
    source: 'TigerBeetle, lock of the data file',
    ...change(
      `${file}/lock.ts`,
      "database.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');",
      "database.exec('PRAGMA journal_mode = MEMORY');",
    ),
    caughtBy: { test: `${test}/lock.test.ts`, name: 'keeps another process out' },
  },
];
