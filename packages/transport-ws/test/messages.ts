// Runs in a page too.
import type { Identity } from '@raft/core';
import { type Bytes, type Configuration, encodeEntry, entryHeaderBytes, type Message, type SnapshotMeta } from '@raft/wire';

const clusterId = 'c'.repeat(32);

/** A member of the cluster that the tests play in. */
export function member(id: string, storage = id.slice(1)): Identity & { readonly clusterId: string } {
  return { id, storageId: storage.padStart(32, '0'), clusterId };
}

/** A message that a number tells from others. */
export function message(round: number, bytes = 10): Message {
  const entries = [encodeEntry({ index: 1, term: 1, kind: 'command', data: sampleBytes(round, bytes) })];
  return { type: 'AppendEntries', term: 1, round, prevLogIndex: 0, prevLogTerm: 0, leaderCommit: 0, entries };
}

const configuration: Configuration = { voters: [{ id: 'n1', storageId: member('n1').storageId, address: 'ws://127.0.0.1:9081/raft' }] };
const meta: SnapshotMeta = { lastIncludedIndex: 7, lastIncludedTerm: 1, configuration, configurationIndex: 1 };

/** Part of a snapshot. */
export function chunk(round: number, bytes: number): Message {
  return { type: 'InstallSnapshot', term: 1, round, transfer: 1, meta, offset: 0, data: sampleBytes(round, bytes), done: false };
}

/** The round of a message of either kind; NaN if any of its bytes is not what was sent. */
export function roundOf(received: Message): number {
  if (received.type === 'InstallSnapshot') {
    return isSame(received.data, sampleBytes(received.round, received.data.length)) ? received.round : Number.NaN;
  }
  if (received.type !== 'AppendEntries') return Number.NaN;
  const data = received.entries[0]?.bytes.subarray(entryHeaderBytes) ?? new Uint8Array();
  return isSame(data, sampleBytes(received.round, data.length)) ? received.round : Number.NaN;
}

function isSame(a: Bytes, b: Bytes): boolean {
  if (a.length !== b.length) return false;
  for (let index = 0; index < a.length; index += 1) if (a[index] !== b[index]) return false;
  return true;
}

/** Bytes that tell where they stand. */
function sampleBytes(round: number, length: number): Bytes {
  const bytes = new Uint8Array(length);
  for (let index = 0; index < length; index += 1) bytes[index] = index + (index >> 8) + round;
  return bytes;
}
