import { type Bytes, crc32, type Entry } from '@raft/wire';

// A batch: header, record (see record-codec.ts), entries. Numbers are big-endian.
const at = {
  magic: 0,
  version: 4,
  kind: 5,
  zero: 6,
  storageId: 8,
  number: 24,
  segment: 32,
  offset: 36,
  length: 40,
  recordLength: 44,
  entryCount: 48,
  firstIndex: 52,
  durable: 60,
  previousChecksum: 68,
  bodyChecksum: 72,
  checksum: 76,
} as const;

export const batchHeaderBytes = 80;

const magic = [0x52, 0x41, 0x46, 0x42] as const; // RAFB
const version = 1;

/** start: opens a segment with the whole state so far. write: one {@link WriteBatch}. marker: nothing, it only vouches. */
export type BatchKind = 'start' | 'write' | 'marker';
const kindCodes: Readonly<Record<BatchKind, number>> = { start: 1, write: 2, marker: 3 };
const kinds: readonly (BatchKind | undefined)[] = [undefined, 'start', 'write', 'marker'];

/** Where a batch stands: in the chain of batches, and on the disk. */
export interface BatchPlace {
  readonly storageId: Bytes;
  /** From 1, without a gap over all segments. */
  readonly number: number;
  readonly segment: number;
  readonly offset: number;
  /** The number of the last batch that was known durable when this one was written: what this header vouches for. */
  readonly durable: number;
  /** Checksum of the header before it in the chain; 0 for the first. */
  readonly previousChecksum: number;
}

export interface BatchBody {
  readonly kind: BatchKind;
  readonly record: Bytes;
  readonly entries: readonly Entry[];
}

export interface BatchHeader extends Omit<BatchPlace, 'storageId'> {
  readonly kind: BatchKind;
  /** Header and body. */
  readonly length: number;
  readonly recordLength: number;
  readonly entryCount: number;
  /** Index of the first entry; 0 without entries. */
  readonly firstIndex: number;
  readonly bodyChecksum: number;
  /** Of the header, the body's checksum included: so it stands for the whole batch in the chain. */
  readonly checksum: number;
}

/** Puts a batch into `target` and gives its checksum. */
export function putBatch(target: Bytes, position: number, place: BatchPlace, body: BatchBody): number {
  let end = position + batchHeaderBytes;
  target.set(body.record, end);
  end += body.record.length;
  for (const { bytes } of body.entries) {
    target.set(bytes, end);
    end += bytes.length;
  }
  const view = new DataView(target.buffer, target.byteOffset + position, batchHeaderBytes);
  target.set(magic, position);
  view.setUint8(at.version, version);
  view.setUint8(at.kind, kindCodes[body.kind]);
  view.setUint16(at.zero, 0);
  target.set(place.storageId, position + at.storageId);
  setU53(view, at.number, place.number);
  view.setUint32(at.segment, place.segment);
  view.setUint32(at.offset, place.offset);
  view.setUint32(at.length, end - position);
  view.setUint32(at.recordLength, body.record.length);
  view.setUint32(at.entryCount, body.entries.length);
  setU53(view, at.firstIndex, body.entries[0]?.index ?? 0);
  setU53(view, at.durable, place.durable);
  view.setUint32(at.previousChecksum, place.previousChecksum);
  view.setUint32(at.bodyChecksum, crc32(target.subarray(position + batchHeaderBytes, end)));
  const checksum = crc32(target.subarray(position, position + at.checksum));
  view.setUint32(at.checksum, checksum);
  return checksum;
}

/** Where a header is looked for: it counts only if it says that it belongs there. */
export interface HeaderSite {
  readonly storageId: Bytes;
  readonly segment: number;
  /** Offset in the segment of the first of the bytes that are given; 0 by default. */
  readonly base?: number;
}

/** The header at `bytes[offset]`; undefined if there is no valid one of this very place. */
export function getHeader(bytes: Bytes, offset: number, site: HeaderSite): BatchHeader | undefined {
  if (offset + batchHeaderBytes > bytes.length) return undefined;
  if (magic.some((byte, index) => bytes[offset + index] !== byte)) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset + offset, batchHeaderBytes);
  const checksum = view.getUint32(at.checksum);
  if (checksum !== crc32(bytes.subarray(offset, offset + at.checksum))) return undefined;
  const kind = kinds[view.getUint8(at.kind)];
  if (view.getUint8(at.version) !== version || !kind) return undefined;
  if (site.storageId.some((byte, index) => bytes[offset + at.storageId + index] !== byte)) return undefined;
  const header: BatchHeader = {
    kind,
    number: getU53(view, at.number),
    segment: view.getUint32(at.segment),
    offset: view.getUint32(at.offset),
    length: view.getUint32(at.length),
    recordLength: view.getUint32(at.recordLength),
    entryCount: view.getUint32(at.entryCount),
    firstIndex: getU53(view, at.firstIndex),
    durable: getU53(view, at.durable),
    previousChecksum: view.getUint32(at.previousChecksum),
    bodyChecksum: view.getUint32(at.bodyChecksum),
    checksum,
  };
  return header.segment === site.segment && header.offset === offset + (site.base ?? 0) ? header : undefined;
}

/** The body is there, whole. */
export function isBodyValid(bytes: Bytes, { offset, length, bodyChecksum, recordLength }: BatchHeader): boolean {
  const end = offset + length;
  if (end > bytes.length || length < batchHeaderBytes + recordLength) return false;
  return crc32(bytes.subarray(offset + batchHeaderBytes, end)) === bodyChecksum;
}

/** Every valid header at or behind `from`, wherever it begins: what is left of a segment behind bad bytes. */
export function findHeaders(bytes: Bytes, from: number, site: HeaderSite): BatchHeader[] {
  const found: BatchHeader[] = [];
  for (let position = bytes.indexOf(magic[0], from); position !== -1; position = bytes.indexOf(magic[0], position + 1)) {
    const header = getHeader(bytes, position, site);
    if (header) found.push(header);
  }
  return found;
}

const low = 2 ** 32;

function setU53(view: DataView, offset: number, value: number): void {
  view.setUint32(offset, Math.floor(value / low));
  view.setUint32(offset + 4, value % low);
}

function getU53(view: DataView, offset: number): number {
  return view.getUint32(offset) * low + view.getUint32(offset + 4);
}
