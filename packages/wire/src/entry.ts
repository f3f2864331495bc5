import type { Bytes } from './bytes.ts';
import { RaftError } from './errors.ts';
import { maxFrameBytes } from './frame-limits.ts';
import { maxCounter } from './ids.ts';
import { getU32, getU53, setU32, setU53 } from './integers.ts';
import { crc32, crc32Range } from './platform.ts';
import { allocate } from './slab.ts';

/** What an entry carries: a command of the state machine, nothing (a new leader's first entry, paper §8), or a configuration. */
export const entryKinds = ['command', 'noop', 'configuration'] as const;
export type EntryKind = (typeof entryKinds)[number];

/**
 * One log entry. `bytes` is its only binary form, the same on the wire and on disk: a leader encodes it once, a
 * follower stores what it received. The payload is `bytes` behind the header: see {@link entryData}.
 *
 * Immutable, bytes included: it is shared by the log, the network and the applier.
 */
export interface Entry {
  readonly index: number;
  readonly term: number;
  readonly kind: EntryKind;
  /** Milliseconds of cluster time, for sessions and leases; 0 while neither is in use. */
  readonly time: number;
  readonly bytes: Bytes;
}

/** What {@link encodeEntry} makes an entry of. `time` defaults to 0. */
export interface EntryFields {
  readonly index: number;
  readonly term: number;
  readonly kind: EntryKind;
  readonly time?: number;
  readonly data: Uint8Array;
}

// The header, big-endian. Its own checksum lets a reader trust the length before it looks at the payload, and tells a bad
// header (where does the next entry begin?) from a bad payload (which a peer can repair).
const at = { index: 0, term: 8, kind: 16, flags: 17, time: 18, length: 26, dataChecksum: 30, headerChecksum: 34 } as const;

/** Bytes in front of an entry's payload. */
export const entryHeaderBytes = 38;

/** Largest payload of an entry: with its header, and that of any message that carries it, it still fits into one frame. */
export const maxEntryDataBytes = maxFrameBytes - 1024;

const kindCodes: Readonly<Record<EntryKind, number>> = { command: 1, noop: 2, configuration: 3 };
const kindsByCode: readonly (EntryKind | undefined)[] = [undefined, 'command', 'noop', 'configuration'];

/**
 * Makes an entry and its binary form. `data` is copied.
 *
 * @throws RaftError `invalidArgument` for an index or term below 1, or any number that isn't whole and below 2^53;
 * `tooLarge` for more than {@link maxEntryDataBytes}.
 */
export function encodeEntry(fields: EntryFields): Entry {
  const { index, term, kind, time = 0, data } = fields;
  if (!isCounter(index, 1) || !isCounter(term, 1) || !isCounter(time, 0)) {
    throw new RaftError('invalidArgument', `an entry can't have index ${index}, term ${term}, time ${time}`);
  }
  if (data.length > maxEntryDataBytes) throw tooLarge(data.length);
  const bytes = allocate(entryHeaderBytes + data.length);
  setU53(bytes, at.index, index);
  setU53(bytes, at.term, term);
  bytes[at.kind] = kindCodes[kind];
  setU53(bytes, at.time, time);
  setU32(bytes, at.length, data.length);
  setU32(bytes, at.dataChecksum, crc32(data));
  setU32(bytes, at.headerChecksum, crc32Range(bytes, { seed: 0, start: 0, end: at.headerChecksum }));
  bytes.set(data, entryHeaderBytes);
  return { index, term, kind, time, bytes };
}

/**
 * The entry that begins at `offset`; the next one begins at `offset + entry.bytes.length`. Checks both checksums.
 * `bytes` of the entry is a view into what was given, not a copy.
 *
 * @throws RaftError `malformed`, or `tooLarge` for a payload above {@link maxEntryDataBytes}.
 */
export function decodeEntry(bytes: Bytes, offset: number): Entry {
  const available = bytes.length - offset;
  if (!(available >= entryHeaderBytes)) throw malformed(`its header takes ${entryHeaderBytes} bytes, ${available} are there`, offset);
  if (getU32(bytes, offset + at.headerChecksum) !== crc32Range(bytes, { seed: 0, start: offset, end: offset + at.headerChecksum })) {
    throw malformed('checksum of its header is wrong', offset);
  }
  const index = getU53(bytes, offset + at.index);
  const term = getU53(bytes, offset + at.term);
  const time = getU53(bytes, offset + at.time);
  if (!isCounter(index, 1) || !isCounter(term, 1) || !isCounter(time, 0)) {
    throw malformed(`index ${index}, term ${term} or time ${time} is out of range`, offset);
  }
  const kind = kindsByCode[bytes[offset + at.kind] as number];
  if (!kind) throw malformed(`unknown kind ${bytes[offset + at.kind]}`, offset);
  if (bytes[offset + at.flags] !== 0) throw malformed(`unknown flags ${bytes[offset + at.flags]}`, offset);
  const length = getU32(bytes, offset + at.length);
  if (length > maxEntryDataBytes) throw tooLarge(length);
  if (length > available - entryHeaderBytes) {
    throw malformed(`its payload takes ${length} bytes, ${available - entryHeaderBytes} are there`, offset);
  }
  const start = offset + entryHeaderBytes;
  if (getU32(bytes, offset + at.dataChecksum) !== crc32Range(bytes, { seed: 0, start, end: start + length })) {
    throw malformed('checksum of its payload is wrong', offset);
  }
  return { index, term, kind, time, bytes: view(bytes, offset, entryHeaderBytes + length) };
}

/** The payload: a view into the entry's bytes, to be read only. */
export function entryData(entry: Entry): Bytes {
  return view(entry.bytes, entryHeaderBytes, entry.bytes.length - entryHeaderBytes);
}

/** A plain Uint8Array even if `bytes` is a Node Buffer, and cheaper than `subarray`. */
function view(bytes: Bytes, offset: number, length: number): Bytes {
  return new Uint8Array(bytes.buffer, bytes.byteOffset + offset, length);
}

function isCounter(value: number, min: number): boolean {
  return Number.isInteger(value) && value >= min && value <= maxCounter;
}

function malformed(what: string, offset: number): RaftError {
  return new RaftError('malformed', `bad entry at byte ${offset}: ${what}`);
}

function tooLarge(length: number): RaftError {
  return new RaftError('tooLarge', `an entry's payload may have ${maxEntryDataBytes} bytes, not ${length}`);
}
