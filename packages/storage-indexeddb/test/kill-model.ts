import type { StorageState } from '@raft/core';
import { crc32, type HardState, type SnapshotMeta } from '@raft/wire';
import type { Life, Step } from './kill-steps.ts';

/** All that a storage says right after it was opened; bytes as their checksums. */
export interface Recovered {
  readonly state: StorageState;
  readonly entries: readonly { readonly index: number; readonly term: number; readonly checksum: number }[];
  readonly content: number | undefined;
}

/** What a storage must say. */
export interface Model {
  readonly hardState: HardState;
  readonly snapshot: SnapshotMeta | undefined;
  readonly content: number | undefined;
  readonly lastIndex: number;
  /** By index. Those below the snapshot's end may be missing in the storage. */
  readonly entries: ReadonlyMap<number, { readonly term: number; readonly checksum: number }>;
}

export const emptyModel: Model = {
  hardState: { currentTerm: 0, votedFor: null },
  snapshot: undefined,
  content: undefined,
  lastIndex: 0,
  entries: new Map(),
};

/** The state behind these steps. */
export function modelAfter(model: Model, steps: readonly Step[]): Model {
  const entries = new Map(model.entries);
  let { hardState, snapshot, content, lastIndex } = model;
  for (const { batch, content: newContent } of steps) {
    if (batch.hardState) hardState = batch.hardState;
    if (batch.snapshot && newContent) {
      snapshot = batch.snapshot;
      content = crc32(newContent);
      if (entries.get(snapshot.lastIncludedIndex)?.term !== snapshot.lastIncludedTerm) {
        entries.clear();
        lastIndex = snapshot.lastIncludedIndex;
      }
    }
    for (let index = batch.truncateFrom ?? Number.POSITIVE_INFINITY; index <= lastIndex; index += 1) entries.delete(index);
    lastIndex = Math.min(lastIndex, (batch.truncateFrom ?? Number.POSITIVE_INFINITY) - 1);
    for (const { index, term, bytes } of batch.entries) entries.set(index, { term, checksum: crc32(bytes) });
    lastIndex += batch.entries.length;
  }
  return { hardState, snapshot, content, lastIndex, entries };
}

/** A life that goes on from there. */
export function lifeFrom(model: Model, run: number, seed: number): Life {
  const { snapshot, lastIndex, hardState, entries } = model;
  return {
    run,
    seed,
    lastIndex,
    term: hardState.currentTerm,
    snapshot,
    termRuns: runsOf([...entries].map(([index, { term }]) => ({ index, term }))),
  };
}

/** Says how a storage differs from the model; undefined if it doesn't. */
export function difference(model: Model, { state, entries, content }: Recovered): string | undefined {
  const { firstIndex, lastIndex, termRuns } = state.log;
  const said = (value: unknown) => JSON.stringify(value);
  if (said(state.hardState) !== said(model.hardState)) return `hard state ${said(state.hardState)} for ${said(model.hardState)}`;
  if (said(state.snapshot) !== said(model.snapshot)) return `snapshot ${said(state.snapshot)} for ${said(model.snapshot)}`;
  if (content !== model.content) return 'content of the snapshot';
  if (lastIndex !== model.lastIndex) return `last index ${lastIndex} for ${model.lastIndex}`;
  if (firstIndex > (model.snapshot?.lastIncludedIndex ?? 0) + 1) return `first index ${firstIndex}`;
  if (entries.length !== lastIndex - firstIndex + 1) return `${entries.length} entries from ${firstIndex} to ${lastIndex}`;
  for (const [at, { index, term, checksum }] of entries.entries()) {
    const expected = model.entries.get(index);
    if (index !== firstIndex + at || expected?.term !== term || expected.checksum !== checksum) return `entry ${index}`;
  }
  return said(termRuns) === said(runsOf(entries)) ? undefined : `term runs ${said(termRuns)}`;
}

function runsOf(entries: readonly { readonly index: number; readonly term: number }[]) {
  const sorted = [...entries].sort((a, b) => a.index - b.index);
  return sorted.filter(({ term }, at) => sorted[at - 1]?.term !== term).map(({ index, term }) => ({ index, term }));
}
