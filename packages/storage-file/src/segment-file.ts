import type { Bytes } from '@raft/wire';
import { segmentName } from './file-names.ts';
import type { FileSystem, OpenFile } from './file-system.ts';

/** A segment that is open to be written. */
export interface Segment {
  readonly number: number;
  readonly file: OpenFile;
  /** Bytes that can be written without growing the file. */
  readonly capacity: number;
}

/** Size that segments grow to. */
export const defaultSegmentBytes = 64 * 1024 * 1024;

/** Zeros are written and synced in steps of this size, so that neither the event loop nor the log's own syncs wait long. */
const stepBytes = 1024 * 1024;

const zeros: Bytes = new Uint8Array(stepBytes);

/** Segments begin small, so that a first start is quick and a small log stays small, and double up to the limit. */
export function segmentCapacity(segment: number, segmentBytes: number): number {
  return Math.min(segmentBytes, stepBytes * 2 ** Math.min(segment - 1, 20));
}

/**
 * Makes a segment full of zeros. When this resolves, the file, its size and its name are on the disk: so a batch in it
 * may be acknowledged after nothing but a sync of the file. Overwriting zeros syncs about twice as fast as growing.
 * When it rejects, the name is free again, so that it may be tried once more; a name or zeros that a crash brings back
 * are surplus to the recovery.
 */
export async function createSegment(fileSystem: FileSystem, number: number, capacity: number): Promise<Segment> {
  const name = segmentName(number);
  const file = await fileSystem.create(name);
  try {
    for (let offset = 0; offset < capacity; offset += stepBytes) {
      writeZeros(file, offset, Math.min(capacity, offset + stepBytes));
      await file.sync();
    }
    await fileSystem.syncDirectory();
  } catch (error) {
    // Without the close a descriptor would leak; a failure of these two says nothing new.
    await file.close().catch(() => undefined);
    await fileSystem.remove(name).catch(() => undefined);
    throw error;
  }
  return { number, file, capacity };
}

export function writeZeros(file: OpenFile, from: number, to: number): void {
  for (let offset = from; offset < to; offset += stepBytes) file.write(zeros.subarray(0, Math.min(stepBytes, to - offset)), offset);
}

/** The whole segment. */
export async function readSegment(fileSystem: FileSystem, number: number): Promise<Bytes> {
  const file = await fileSystem.open(segmentName(number));
  try {
    return await file.read(0, await file.size());
  } finally {
    await file.close();
  }
}

/** Offset behind the last byte at or behind `from` that isn't zero; `from` if there is none. */
export function endOfData(bytes: Bytes, from: number): number {
  let end = bytes.length;
  // Whole words first: most of a segment is zeros, and this is looked at in each start.
  const aligned = (bytes.byteOffset + end) % 4;
  while (end > from && end > bytes.length - aligned && bytes[end - 1] === 0) end -= 1;
  if (end === bytes.length - aligned && end > from) {
    const firstWord = Math.ceil((bytes.byteOffset + from) / 4) * 4;
    const count = Math.max(0, Math.floor((bytes.byteOffset + end - firstWord) / 4));
    const words = new Int32Array(bytes.buffer, firstWord, count);
    let word = count;
    while (word > 0 && words[word - 1] === 0) word -= 1;
    end -= 4 * (count - word);
  }
  while (end > from && bytes[end - 1] === 0) end -= 1;
  return end;
}
