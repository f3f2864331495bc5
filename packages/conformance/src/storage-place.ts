import type { Storage, StorageState } from '@raft/core';
import { type Configuration, type Entry, type EntryKind, encodeConfiguration, encodeEntry, type SnapshotMeta } from '@raft/wire';
import { assertEqual, assertTrue } from './assert.ts';
import type { Runner } from './runner.ts';

/** Somewhere that a storage can keep things: a folder, a database, a disk object. */
export interface StoragePlace {
  /** Another storage of this same place, not opened. */
  storage(): Storage;
  /** Called when a test is over; all storages are closed by then. */
  dispose?(): Promise<void>;
}

export interface StorageSuiteOptions {
  readonly runner: Runner;
  /** A place that was never used. */
  readonly create: () => StoragePlace | Promise<StoragePlace>;
  readonly supports: {
    /** A second storage of a place is refused with `locked` while the first is open. */
    readonly lock: boolean;
  };
}

/** A storage that is open, and what it said. */
export interface OpenedStorage {
  readonly storage: Storage;
  readonly state: StorageState;
}

/** One test's place: opens storages, and closes what the test left open. */
export class PlaceInUse {
  readonly #place: StoragePlace;
  readonly #storages: Storage[] = [];

  constructor(place: StoragePlace) {
    this.#place = place;
  }

  storage(): Storage {
    const storage = this.#place.storage();
    this.#storages.push(storage);
    return storage;
  }

  async open(): Promise<OpenedStorage> {
    const storage = this.storage();
    const state = await storage.open();
    checkOutline(state);
    return { storage, state };
  }

  /** Closes it and opens another in its place: a clean restart. */
  async reopen(storage: Storage): Promise<OpenedStorage> {
    await storage.close();
    return await this.open();
  }

  async dispose(): Promise<void> {
    for (const storage of this.#storages) await storage.close();
    await this.#place.dispose?.();
  }
}

/** Gives a test a place of its own, and cleans up whatever the outcome. */
export type PlaceTest = (name: string, body: (place: PlaceInUse) => Promise<void>) => void;

export function placeTests({ runner, create }: StorageSuiteOptions): PlaceTest {
  return (name, body) =>
    runner.test(name, async () => {
      const place = new PlaceInUse(await create());
      try {
        await body(place);
      } finally {
        await place.dispose();
      }
    });
}

/** What holds for each outline, whatever was written. */
function checkOutline({ log, commitIndex, snapshot }: StorageState): void {
  const { firstIndex, lastIndex, termRuns, configurations } = log;
  const count = lastIndex - firstIndex + 1;
  assertTrue(count >= 0, `lastIndex ${lastIndex} is at least firstIndex ${firstIndex} − 1`);
  assertTrue(count > 0 === termRuns.length > 0, 'there are term runs exactly if there are entries');
  if (count > 0) assertEqual(termRuns[0]?.index, firstIndex, 'the first term run begins at firstIndex');
  for (const [at, run] of termRuns.entries()) {
    const next = termRuns[at + 1];
    assertTrue(!next || (next.index > run.index && next.term > run.term), 'term runs rise in index and term');
    assertTrue(run.index <= lastIndex, 'term runs are of entries that are there');
  }
  for (const { index } of configurations)
    assertTrue(index >= firstIndex && index <= lastIndex, 'configurations are of entries that are there');
  assertTrue(firstIndex <= (snapshot?.lastIncludedIndex ?? 0) + 1, 'no entry is missing between snapshot and log');
  assertTrue(lastIndex >= (snapshot?.lastIncludedIndex ?? 0), 'the log reaches at least as far as the snapshot');
  assertTrue(commitIndex <= lastIndex, 'commitIndex is never above the last entry or snapshot');
}

export const configuration: Configuration = {
  voters: [
    { id: 'n1', storageId: '0123456789abcdef0123456789abcdef', address: 'tcp://127.0.0.1:9081' },
    { id: 'n2', storageId: 'fedcba9876543210fedcba9876543210' },
  ],
};

export function metaOf(lastIncludedIndex: number, lastIncludedTerm: number): SnapshotMeta {
  return { lastIncludedIndex, lastIncludedTerm, configuration, configurationIndex: 1 };
}

/** An entry whose payload tells index and term. */
export function entryOf(index: number, term: number, { kind = 'command', bytes = 20 }: { kind?: EntryKind; bytes?: number } = {}): Entry {
  const data = kind === 'configuration' ? encodeConfiguration(configuration) : new Uint8Array(bytes).fill((index * 31 + term * 7) % 251);
  return encodeEntry({ index, term, kind, time: index * 10, data });
}

/** Entries `from` to `to`, both inclusive. */
export function entriesOf(from: number, to: number, term: number): Entry[] {
  return Array.from({ length: Math.max(0, to - from + 1) }, (_, at) => entryOf(from + at, term));
}

/** All entries from `from` on, however many reads it takes. */
export async function readAll(storage: Storage, from: number, maxBytes = 1024 * 1024): Promise<Entry[]> {
  const all: Entry[] = [];
  for (;;) {
    const part = await storage.readEntries({ from: from + all.length, to: Number.MAX_SAFE_INTEGER, maxBytes });
    if (part.length === 0) return all;
    all.push(...part);
  }
}

export async function checkEntries(storage: Storage, expected: readonly Entry[], expectation: string): Promise<void> {
  const found = await readAll(storage, expected[0]?.index ?? 1);
  assertEqual(summary(found), summary(expected), expectation);
  assertEqual(found, expected, expectation);
}

/** Short enough to be read in a failure. */
function summary(entries: readonly Entry[]): string {
  const runs: string[] = [];
  for (const [at, { index, term }] of entries.entries()) {
    if (entries[at - 1]?.term !== term || entries[at + 1]?.term !== term) runs.push(`${index}:${term}`);
  }
  return runs.join(' ');
}
