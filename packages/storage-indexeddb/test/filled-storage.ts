import { assertRejects, assertTrue } from '@raft/conformance';
import type { Storage } from '@raft/core';
import { type Entry, encodeEntry, type SnapshotMeta } from '@raft/wire';
import { indexedDbStorage } from '../src/index.ts';

const configuration = { voters: [{ id: 'n1', storageId: '0123456789abcdef0123456789abcdef' }] };

export function entriesOf(from: number, to: number, bytes = 100, term = 1): Entry[] {
  return Array.from({ length: to - from + 1 }, (_, at) =>
    encodeEntry({ index: from + at, term, kind: 'command', data: new Uint8Array(bytes) }),
  );
}

export function metaOf(lastIncludedIndex: number): SnapshotMeta {
  return { lastIncludedIndex, lastIncludedTerm: 1, configuration, configurationIndex: 1 };
}

export async function install(storage: Storage, meta: SnapshotMeta, bytes: number): Promise<void> {
  const writer = await storage.createSnapshot(meta);
  await writer.write(new Uint8Array(bytes).fill(7));
  await writer.commit();
  await storage.write({ snapshot: meta, entries: [] });
}

/** Opens a storage for a body, and closes it. */
export async function withStorage(name: string, body: (storage: Storage) => Promise<void>): Promise<void> {
  await using storage = indexedDbStorage({ name });
  await storage.open();
  await body(storage);
}

export async function assertRefused(name: string, code: string, ...words: readonly string[]): Promise<void> {
  for (const attempt of ['first', 'second']) {
    await using storage = indexedDbStorage({ name });
    const error = await assertRejects(storage.open(), code, `the ${attempt} open`);
    for (const word of [name, ...words]) assertTrue(String(error).includes(word), `${String(error)} has ${word} in it`);
  }
}
