import type { Bytes } from './bytes.ts';

const slabBytes = 64 * 1024;
/** A larger piece gets a buffer of its own, so that no slab is left behind half empty. */
const maxPieceBytes = slabBytes / 8;

let slab: ArrayBuffer | undefined;
let used = 0;

/**
 * Zeroed bytes that are never given out again. Small pieces share a buffer, because a buffer of one's own costs four times as
 * much as the whole rest of encoding an entry. The buffer lives as long as any piece of it: meant for what is made and dropped in
 * order, such as the entries of a log.
 */
export function allocate(length: number): Bytes {
  if (length > maxPieceBytes) return new Uint8Array(length);
  if (!slab || used + length > slabBytes) {
    slab = new ArrayBuffer(slabBytes);
    used = 0;
  }
  const piece = new Uint8Array(slab, used, length);
  used += length;
  return piece;
}
