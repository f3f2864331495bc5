import {
  type Bytes,
  crc32,
  decodeConfiguration,
  encodeConfiguration,
  Reader,
  type SnapshotMeta,
  snapshotMetaSchema,
  Writer,
} from '@raft/wire';
import { isBytes, seal, unseal } from './sealed-record.ts';

/** Data in each block of a snapshot but its last. Small enough that browsers keep it inside the database, not in a file of its own. */
export const blockBytes = 32 * 1024;

/** Where a block stands; its checksum covers that too. */
export interface BlockPlace {
  readonly snapshot: number;
  readonly block: number;
}

/** A committed snapshot. */
export interface SnapshotRecord {
  readonly meta: SnapshotMeta;
  /** Bytes of its data. */
  readonly size: number;
}

/** A committed snapshot, and the number under which it is stored. */
export interface SnapshotRef extends SnapshotRecord {
  readonly number: number;
}

const checksumBytes = 4;

export function encodeSnapshotRecord({ meta, size }: SnapshotRecord): Bytes {
  const writer = new Writer(256);
  writer.u53(meta.lastIncludedIndex);
  writer.u53(meta.lastIncludedTerm);
  writer.u53(meta.configurationIndex);
  writer.bytes(encodeConfiguration(meta.configuration));
  writer.u53(size);
  return seal(writer.finish());
}

/** @throws Error that says what is wrong */
export function decodeSnapshotRecord(value: unknown): SnapshotRecord {
  const reader = new Reader(unseal(value));
  const meta = snapshotMetaSchema.parse({
    lastIncludedIndex: reader.u53(),
    lastIncludedTerm: reader.u53(),
    configurationIndex: reader.u53(),
    configuration: decodeConfiguration(reader.bytes()),
  });
  const size = reader.u53();
  reader.end();
  return { meta, size };
}

/** How many blocks a snapshot of this size has. */
export function blockCount(size: number): number {
  return Math.ceil(size / blockBytes);
}

/** A block in a buffer of exactly its size. */
export function encodeBlock(place: BlockPlace, data: Bytes): Bytes {
  const writer = new Writer(checksumBytes + data.length);
  writer.u32(checksumOf(place, data));
  writer.raw(data);
  return writer.finish();
}

/** The data of a block: a view. @throws RangeError */
export function decodeBlock(place: BlockPlace, value: unknown): Bytes {
  if (!isBytes(value)) throw new RangeError('bytes expected');
  if (value.length <= checksumBytes) throw new RangeError('it is too short');
  const data = value.subarray(checksumBytes);
  if (new Reader(value).u32() !== checksumOf(place, data)) throw new RangeError('its checksum is wrong');
  return data;
}

function checksumOf({ snapshot, block }: BlockPlace, data: Bytes): number {
  const writer = new Writer(16);
  writer.u53(snapshot);
  writer.u53(block);
  return crc32(data, crc32(writer.finish()));
}
