import type { Storage, StorageState, WriteBatch } from '@raft/core';
import { type Bytes, type Entry, encodeConfiguration, encodeEntry, type SnapshotMeta } from '@raft/wire';
import type { Random } from './random.ts';

const configuration = { voters: [{ id: 'n1', storageId: '0123456789abcdef0123456789abcdef' }] };

/** What a storage must say, as plain values. */
export interface ModelState {
  readonly currentTerm: number;
  readonly votedFor: string | null;
  readonly clusterId: string | undefined;
  readonly snapshot: SnapshotMeta | undefined;
  /** By index. Entries below the snapshot's end may be missing in the storage, or be there. */
  readonly entries: ReadonlyMap<number, Entry>;
  readonly lastIndex: number;
}

export const emptyModel: ModelState = {
  currentTerm: 0,
  votedFor: null,
  clusterId: undefined,
  snapshot: undefined,
  entries: new Map(),
  lastIndex: 0,
};

/** The state behind these batches. */
export function applyToModel(model: ModelState, ...batches: readonly WriteBatch[]): ModelState {
  const entries = new Map(model.entries);
  let state = model;
  for (const batch of batches) state = applyInPlace({ ...state, entries }, batch);
  return state;
}

function applyInPlace(model: ModelState & { readonly entries: Map<number, Entry> }, batch: WriteBatch): ModelState {
  const { entries } = model;
  let { lastIndex } = model;
  const { snapshot, truncateFrom } = batch;
  if (snapshot && entries.get(snapshot.lastIncludedIndex)?.term !== snapshot.lastIncludedTerm) {
    entries.clear();
    lastIndex = snapshot.lastIncludedIndex;
  }
  if (truncateFrom !== undefined) {
    for (let index = truncateFrom; index <= lastIndex; index += 1) entries.delete(index);
    lastIndex = Math.min(lastIndex, truncateFrom - 1);
  }
  for (const entry of batch.entries) entries.set(entry.index, entry);
  return {
    currentTerm: batch.hardState?.currentTerm ?? model.currentTerm,
    votedFor: batch.hardState ? batch.hardState.votedFor : model.votedFor,
    clusterId: batch.clusterId ?? model.clusterId,
    snapshot: snapshot ?? model.snapshot,
    entries,
    lastIndex: batch.entries.at(-1)?.index ?? lastIndex,
  };
}

/** Says how a storage, that was just opened, differs from the model; undefined if it doesn't. */
export function difference(model: ModelState, { state, entries, content }: Recovered): string | undefined {
  if (state.hardState.currentTerm !== model.currentTerm || state.hardState.votedFor !== model.votedFor) return 'hard state';
  if (state.clusterId !== model.clusterId) return 'cluster id';
  if (JSON.stringify(state.snapshot) !== JSON.stringify(model.snapshot)) return 'snapshot';
  if (model.snapshot && content && !isSame(content, contentOf(model.snapshot))) return 'content of the snapshot';
  if (state.log.lastIndex !== model.lastIndex) return `last index ${state.log.lastIndex} for ${model.lastIndex}`;
  if (state.log.firstIndex > (model.snapshot?.lastIncludedIndex ?? 0) + 1) return 'first index';
  if (entries.length !== state.log.lastIndex - state.log.firstIndex + 1) return 'count of entries';
  for (const entry of entries) {
    const expected = model.entries.get(entry.index);
    if (!expected || !isSame(expected.bytes, entry.bytes)) return `entry ${entry.index}`;
  }
  const runs = entries.filter((entry, at) => entries[at - 1]?.term !== entry.term).map(({ index, term }) => ({ index, term }));
  if (JSON.stringify(runs) !== JSON.stringify(state.log.termRuns)) return 'term runs';
  const configurations = entries.filter(({ kind }) => kind === 'configuration').map(({ index }) => index);
  if (JSON.stringify(configurations) !== JSON.stringify(state.log.configurations.map(({ index }) => index))) return 'configurations';
  return undefined;
}

/** All that a storage says right after it was opened. */
export interface Recovered {
  readonly state: StorageState;
  readonly entries: readonly Entry[];
  readonly content: Bytes | undefined;
}

export async function readBack(storage: Storage, maxBytes = 700): Promise<Recovered> {
  const state = await storage.open();
  const entries: Entry[] = [];
  while (entries.length < state.log.lastIndex - state.log.firstIndex + 1) {
    const from = state.log.firstIndex + entries.length;
    const part = await storage.readEntries({ from, to: state.log.lastIndex, maxBytes });
    if (part.length === 0) break;
    entries.push(...part);
  }
  await using reader = await storage.openSnapshot();
  return { state, entries, content: await reader?.read(0, reader.size) };
}

/** Does random things to a storage, and knows what must come of it. */
export class Workload {
  readonly #random: Random;
  readonly #storage: Storage;
  readonly #alive: () => boolean;
  /** States behind each write that was asked for; the first is the one that it began with. */
  readonly states: ModelState[];
  /** How many of the writes have resolved. */
  resolved = 0;
  /** What calls were rejected with. */
  readonly rejections: unknown[] = [];
  #unique: number;

  constructor(options: {
    readonly random: Random;
    readonly storage: Storage;
    readonly alive: () => boolean;
    readonly from: ModelState;
    readonly unique: number;
  }) {
    this.#random = options.random;
    this.#storage = options.storage;
    this.#alive = options.alive;
    this.states = [options.from];
    this.#unique = options.unique;
  }

  get unique(): number {
    return this.#unique;
  }

  async run(steps: number): Promise<void> {
    const writes: Promise<void>[] = [];
    for (let step = 0; step < steps && this.#alive(); step += 1) {
      const kind = this.#random.below(100);
      if (kind < 50) writes.push(this.#write(this.#appending()));
      else if (kind < 62) writes.push(this.#write(this.#truncating()));
      else if (kind < 72) await this.#snapshot(kind < 69);
      else if (kind < 76) await this.#try(this.#storage.compact(this.#random.below(this.#model.lastIndex + 2)));
      else if (kind < 90) await Promise.all(writes);
      else for (let turn = this.#random.below(20); turn > 0; turn -= 1) await Promise.resolve();
    }
    await Promise.all(writes);
  }

  get #model(): ModelState {
    return this.states.at(-1) ?? emptyModel;
  }

  #write(batch: WriteBatch): Promise<void> {
    this.states.push(applyToModel(this.#model, batch));
    const number = this.states.length - 1;
    return this.#try(
      this.#storage.write(batch).then(() => {
        if (!this.#alive()) return;
        if (this.resolved !== number - 1) throw new Error(`write ${number} resolved behind write ${this.resolved}`);
        this.resolved = number;
      }),
    );
  }

  async #try<Value>(promise: Promise<Value>): Promise<Value | undefined> {
    try {
      return await promise;
    } catch (error) {
      if (this.#alive()) this.rejections.push(error);
      return undefined;
    }
  }

  #appending(large = false): WriteBatch {
    const { lastIndex, currentTerm } = this.#model;
    const term = Math.max(1, currentTerm) + (this.#random.chance(0.15) ? 1 : 0);
    return {
      entries: this.#entries(lastIndex + 1, term, large),
      ...(term !== currentTerm && { hardState: { currentTerm: term, votedFor: this.#random.chance(0.5) ? 'n1' : null } }),
      ...(this.#random.chance(0.1) && { clusterId: '00112233445566778899aabbccddeeff' }),
      ...(this.#random.chance(0.2) && { commitIndex: lastIndex }),
    };
  }

  #truncating(): WriteBatch {
    const { lastIndex, currentTerm, snapshot } = this.#model;
    const lowest = (snapshot?.lastIncludedIndex ?? 0) + 1;
    const from = Math.max(lowest, lastIndex - this.#random.below(6));
    const term = Math.max(1, currentTerm) + 1;
    return {
      truncateFrom: from,
      entries: this.#random.chance(0.7) ? this.#entries(Math.min(from, lastIndex + 1), term) : [],
      hardState: { currentTerm: term, votedFor: null },
    };
  }

  #entries(from: number, term: number, large = false): Entry[] {
    return Array.from({ length: this.#random.below(4) + (this.#random.chance(0.8) ? 1 : 0) }, (_, at) => {
      this.#unique += 1;
      const isConfiguration = this.#random.chance(0.05);
      const bytes = large || this.#random.chance(0.1) ? 1500 : this.#random.below(200) + 4;
      const data = isConfiguration ? encodeConfiguration(configuration) : new Uint8Array(bytes).fill(this.#unique % 255);
      if (!isConfiguration) new DataView(data.buffer).setUint32(0, this.#unique);
      return encodeEntry({ index: from + at, term, kind: isConfiguration ? 'configuration' : 'command', data });
    });
  }

  /** One of our own log, or one from a leader, whose log is another. */
  async #snapshot(own: boolean): Promise<void> {
    const { lastIndex, currentTerm, snapshot } = this.#model;
    const covered = snapshot?.lastIncludedIndex ?? 0;
    const within = this.#random.chance(0.5) ? lastIndex : covered + 1 + this.#random.below(Math.max(1, lastIndex - covered));
    const index = own ? Math.max(within, covered + 1) : lastIndex + 1 + this.#random.below(5);
    const term = own ? this.#model.entries.get(index)?.term : currentTerm + 1;
    if (term === undefined) return;
    this.#unique += 1;
    const meta = { lastIncludedIndex: index, lastIncludedTerm: term, configuration, configurationIndex: this.#unique };
    const writer = await this.#try(this.#storage.createSnapshot(meta));
    if (!writer) return;
    await this.#try(writer.write(contentOf(meta)));
    const committed = await this.#try(writer.commit().then(() => true));
    // Others may have been asked for in the meantime.
    const now = this.#model;
    const fits = own ? now.entries.get(index)?.term === term : now.lastIndex < index && now.currentTerm <= term;
    if (!committed || !fits || !this.#alive() || this.#random.chance(0.1)) return;
    await this.#write({ snapshot: meta, entries: [], hardState: { currentTerm: Math.max(term, now.currentTerm), votedFor: null } });
    if (this.#random.chance(0.3)) return;
    // Beside writes: they may be about to begin a segment.
    const beside = Array.from({ length: this.#random.below(4) }, () => this.#write(this.#appending(true)));
    for (let turn = this.#random.below(12); turn > 0; turn -= 1) await Promise.resolve();
    await this.#try(this.#storage.compact(index));
    await Promise.all(beside);
  }
}

function contentOf(meta: SnapshotMeta): Bytes {
  const size = (meta.configurationIndex * 37) % 2500;
  return Uint8Array.from({ length: size }, (_, at) => (at * 3 + meta.configurationIndex) % 256);
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}
