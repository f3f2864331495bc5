import { type Bytes, type Entry, entryData } from '@raft/wire';

const headBytes = 20;

/** What a client wants appended: its number, and padding. */
export function encodeOperation(operation: number, size: number): Bytes {
  const data = new Uint8Array(4 + size);
  new DataView(data.buffer).setUint32(0, operation);
  return data;
}

export function decodeOperation(entry: Entry): number {
  const data = entryData(entry);
  return new DataView(data.buffer, data.byteOffset, data.byteLength).getUint32(0);
}

/** An append-only list, kept as its length and hash: enough to tell two histories apart. */
export interface MachineState {
  readonly index: number;
  readonly term: number;
  readonly operations: number;
  readonly hash: number;
}

export const emptyMachine: MachineState = { index: 0, term: 0, operations: 0, hash: 0x811c9dc5 };

export function applyEntry(state: MachineState, entry: Entry): MachineState {
  if (entry.kind !== 'command') return { ...state, index: entry.index, term: entry.term };
  const hash = Math.imul(state.hash ^ decodeOperation(entry), 0x01000193) >>> 0;
  return { index: entry.index, term: entry.term, operations: state.operations + 1, hash: (hash ^ (hash >>> 13)) >>> 0 };
}

/** Longer the longer the list is, up to a bound, so that snapshots take several chunks. */
export function snapshotOf(state: MachineState): Bytes {
  const data = new Uint8Array(headBytes + Math.min(state.operations, 60));
  const view = new DataView(data.buffer);
  view.setUint32(0, state.index);
  view.setUint32(4, state.term);
  view.setUint32(8, state.operations);
  view.setUint32(12, state.hash);
  view.setUint32(16, data.length);
  data.fill(state.hash & 0xff, headBytes);
  return data;
}

/** Undefined when the bytes are no whole snapshot: chunks of two of them were mixed, or one is missing. */
export function restoreFrom(data: Bytes): MachineState | undefined {
  if (data.length < headBytes) return undefined;
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const hash = view.getUint32(12);
  const whole = view.getUint32(16) === data.length && data.subarray(headBytes).every((byte) => byte === (hash & 0xff));
  return whole ? { index: view.getUint32(0), term: view.getUint32(4), operations: view.getUint32(8), hash } : undefined;
}
