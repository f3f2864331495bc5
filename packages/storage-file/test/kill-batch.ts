import type { StorageState, WriteBatch } from '@raft/core';
import { encodeEntry } from '@raft/wire';
import type { Random } from './random.ts';

/** A batch as a child tells its parent before it asks for it: all else follows from these. */
export interface Asked {
  readonly number: number;
  readonly term: number;
  readonly truncateFrom?: number;
  /** Index, and a number that makes the payload. */
  readonly entries: readonly (readonly [index: number, unique: number])[];
}

export function batchOf({ term, truncateFrom, entries }: Asked): WriteBatch {
  return {
    hardState: { currentTerm: term, votedFor: null },
    ...(truncateFrom !== undefined && { truncateFrom }),
    entries: entries.map(([index, unique]) => {
      const data = new Uint8Array(20 + (unique % 400)).fill(unique % 251);
      new DataView(data.buffer).setUint32(0, unique);
      return encodeEntry({ index, term, kind: 'command', data });
    }),
  };
}

/** Batches without end, that follow a state. */
export function* askedBatches(state: StorageState, random: Random): Generator<Asked> {
  let { lastIndex } = state.log;
  let term = Math.max(1, state.hardState.currentTerm);
  for (let number = 1; ; number += 1) {
    const truncates = random.chance(0.03) && lastIndex > 10;
    const truncateFrom = lastIndex - random.below(8);
    if (truncates) {
      term += 1;
      lastIndex = truncateFrom - 1;
    }
    const entries = Array.from({ length: random.below(5) }, (_, at) => [lastIndex + 1 + at, random.below(2 ** 31)] as const);
    lastIndex += entries.length;
    yield { number, term, ...(truncates && { truncateFrom }), entries };
  }
}
