import { type Bytes, crc32, Reader, type SnapshotMeta, Writer } from '@raft/wire';
import { damaged } from './failures.ts';
import type { OpenFile } from './file-system.ts';
import { putMeta, type SnapshotRef } from './record-codec.ts';

// header: magic, version, storageId, file number, meta · data · a checksum of each block of the data · trailer.
// Data stands in one piece, so that it is read without copying.

const magic = 0x52414653; // RAFS
const version = 1;
/** The data is checked in pieces of this size. */
export const blockBytes = 64 * 1024;
const trailerBytes = 4 + 4 + 8 + 4 + 4 + 4;

/** What a snapshot file holds, beside its data. */
export interface SnapshotLayout {
  readonly meta: SnapshotMeta;
  readonly dataOffset: number;
  readonly size: number;
  /** Of each block. */
  readonly checksums: Uint32Array;
}

export function encodeSnapshotHeader(storageId: Bytes, { meta, file }: SnapshotRef): Bytes {
  const writer = new Writer();
  writer.u32(magic);
  writer.u8(version);
  writer.raw(storageId);
  writer.u53(file);
  putMeta(writer, meta);
  return writer.finish();
}

/** Checksums of the blocks of data that arrives piece by piece. */
export class BlockChecksums {
  readonly #whole: number[] = [];
  #checksum = 0;
  #filled = 0;

  add(bytes: Bytes): void {
    for (let offset = 0; offset < bytes.length; ) {
      const piece = bytes.subarray(offset, offset + blockBytes - this.#filled);
      this.#checksum = crc32(piece, this.#checksum);
      this.#filled += piece.length;
      offset += piece.length;
      if (this.#filled === blockBytes) this.#close();
    }
  }

  finish(): readonly number[] {
    if (this.#filled > 0) this.#close();
    return this.#whole;
  }

  #close(): void {
    this.#whole.push(this.#checksum);
    this.#checksum = 0;
    this.#filled = 0;
  }
}

/** What follows the data. */
export function encodeSnapshotEnd(header: Bytes, size: number, checksums: readonly number[]): Bytes {
  const writer = new Writer(4 * checksums.length + trailerBytes);
  for (const checksum of checksums) writer.u32(checksum);
  const table = crc32(writer.finish());
  const trailer = new Writer(trailerBytes);
  trailer.u32(magic);
  trailer.u32(header.length);
  trailer.u53(size);
  trailer.u32(crc32(header));
  trailer.u32(table);
  trailer.u32(crc32(trailer.finish()));
  writer.raw(trailer.finish());
  return writer.finish();
}

/** Reads and checks all but the data. @throws RaftError `damaged` */
export async function readSnapshotLayout(
  file: OpenFile,
  expected: { readonly storageId: Bytes; readonly ref: SnapshotRef; readonly location: string; readonly name: string },
): Promise<SnapshotLayout> {
  const total = await file.size();
  const bad = (offset: number, what: string) => damaged(expected.location, expected.name, offset, what);
  if (total < trailerBytes) throw bad(0, `${total} bytes are too few`);
  const trailerOffset = total - trailerBytes;
  const trailerView = await file.read(trailerOffset, trailerBytes);
  const trailer = new Reader(trailerView);
  const isOurs = trailer.u32() === magic;
  const dataOffset = trailer.u32();
  // Read before it is known to be right, so not as a counter, which refuses large numbers.
  const size = trailer.u32() * 2 ** 32 + trailer.u32();
  const headerChecksum = trailer.u32();
  const tableChecksum = trailer.u32();
  if (!isOurs || trailer.u32() !== crc32(trailerView.subarray(0, trailerBytes - 4))) throw bad(trailerOffset, 'its end is wrong');
  const blocks = Math.ceil(size / blockBytes);
  if (dataOffset + size + 4 * blocks !== trailerOffset) throw bad(trailerOffset, 'its length is wrong');
  const header = await file.read(0, dataOffset);
  if (crc32(header) !== headerChecksum) throw bad(0, 'its header is wrong');
  const wanted = encodeSnapshotHeader(expected.storageId, expected.ref);
  if (header.length !== wanted.length || header.some((byte, at) => byte !== wanted[at])) throw bad(0, 'it is another snapshot');
  const table = await file.read(dataOffset + size, 4 * blocks);
  if (crc32(table) !== tableChecksum) throw bad(dataOffset + size, 'its checksums are wrong');
  const reader = new Reader(table);
  return { meta: expected.ref.meta, dataOffset, size, checksums: Uint32Array.from({ length: blocks }, () => reader.u32()) };
}
