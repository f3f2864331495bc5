import { type Bytes, crc32 } from '@raft/wire';
import type { Inode, SimulatedDisk } from './simulated-disk.ts';

/** Bytes of a file that some record elsewhere calls durable. */
export interface VouchedFor {
  readonly inode: Inode;
  readonly offset: number;
  readonly length: number;
}

// The header of a batch, as the file storage writes it: magic, and big-endian numbers at these offsets.
const magic = 0x52414642;
const at = { number: 24, length: 40, durable: 60, checksum: 76 } as const;
const headerBytes = 80;

/**
 * The batches of the log that are on the disk and that a later one, which is on the disk too, calls durable. Bad bytes anywhere else may look like a
 * tear: that is the limit of what the file storage promises.
 */
export function findVouchedFor(disk: SimulatedDisk): readonly VouchedFor[] {
  const batches: (VouchedFor & { readonly number: number })[] = [];
  let durable = 0;
  for (const [name, inode] of disk.diskNames) {
    if (!name.startsWith('segment-') || disk.names.get(name) !== inode) continue;
    for (const batch of batchesOf(inode.disk)) {
      batches.push({ inode, ...batch });
      durable = Math.max(durable, batch.durable);
    }
  }
  return batches.filter(({ number }) => number <= durable);
}

function batchesOf(
  bytes: Bytes,
): { readonly number: number; readonly offset: number; readonly length: number; readonly durable: number }[] {
  const found: { number: number; offset: number; length: number; durable: number }[] = [];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let offset = 0; offset + headerBytes <= bytes.length && view.getUint32(offset) === magic; ) {
    const length = view.getUint32(offset + at.length);
    // A header that is there in part vouches for nothing.
    if (view.getUint32(offset + at.checksum) !== crc32(bytes.subarray(offset, offset + at.checksum))) break;
    if (length < headerBytes || offset + length > bytes.length) break;
    found.push({ number: u53(view, offset + at.number), offset, length, durable: u53(view, offset + at.durable) });
    offset += length;
  }
  return found;
}

function u53(view: DataView, offset: number): number {
  return view.getUint32(offset) * 2 ** 32 + view.getUint32(offset + 4);
}
