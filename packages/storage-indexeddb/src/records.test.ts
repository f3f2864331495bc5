import type { Bytes } from '@raft/wire';
import { describe, expect, test } from 'vitest';
import { decodeIdentity, decodeState, encodeIdentity, encodeState, initialState, type StateRecord } from './meta-records.ts';
import { blockBytes, blockCount, decodeBlock, decodeSnapshotRecord, encodeBlock, encodeSnapshotRecord } from './snapshot-codec.ts';

const id = '0123456789abcdef0123456789abcdef';
const state: StateRecord = { hardState: { currentTerm: 7, votedFor: 'n2' }, clusterId: id, commitIndex: 8, snapshot: 3, lastIndex: 9 };
const snapshot = {
  meta: { lastIncludedIndex: 5, lastIncludedTerm: 2, configuration: { voters: [{ id: 'n1', storageId: id }] }, configurationIndex: 1 },
  size: 100_000,
};
const place = { snapshot: 4, block: 2 };

const records: readonly (readonly [string, unknown, Bytes, (value: unknown) => unknown])[] = [
  ['an identity', id, encodeIdentity(id), decodeIdentity],
  ['a state', state, encodeState(state), decodeState],
  ['the state of a new storage', initialState, encodeState(initialState), decodeState],
  ['a snapshot', snapshot, encodeSnapshotRecord(snapshot), decodeSnapshotRecord],
  ['a block', Uint8Array.of(1, 2, 3), encodeBlock(place, Uint8Array.of(1, 2, 3)), (value) => decodeBlock(place, value)],
];

describe.each(records)('the record of %s', (_what, value, bytes, decode) => {
  test('is read as it was written, from a buffer of exactly its size', () => {
    expect(decode(bytes)).toEqual(value);
    expect(bytes.buffer.byteLength).toBe(bytes.length);
  });

  test('is refused with any byte flipped, cut short, or when it is none', () => {
    for (let at = 0; at < bytes.length; at += 1) {
      const flipped = bytes.slice();
      flipped[at] = (flipped[at] ?? 0) ^ 1;
      expect(() => decode(flipped), `byte ${at}`).toThrow();
      expect(() => decode(bytes.subarray(0, at)), `${at} bytes`).toThrow();
    }
    for (const other of [undefined, null, 'text', 3, {}]) expect(() => decode(other)).toThrow();
  });
});

describe('a block', () => {
  test('counts only where it was put', () => {
    const bytes = encodeBlock(place, Uint8Array.of(1, 2, 3));
    expect(() => decodeBlock({ snapshot: 4, block: 1 }, bytes)).toThrow(/checksum/);
    expect(() => decodeBlock({ snapshot: 3, block: 2 }, bytes)).toThrow(/checksum/);
  });

  test('is the last one short, and missing where there is no data', () => {
    expect([0, 1, blockBytes, blockBytes + 1].map(blockCount)).toEqual([0, 1, 1, 2]);
  });
});
