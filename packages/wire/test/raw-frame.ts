import { crc32 } from 'node:zlib';

/** A frame made by hand, from nothing but the documented layout, with checksums that are right: for what no encoder would make. */
export function rawFrame(
  type: number,
  payload: Uint8Array,
  { version = 1, groupId = 0, length = payload.length }: { version?: number; groupId?: number; length?: number } = {},
): Uint8Array<ArrayBuffer> {
  const frame = new Uint8Array(24 + payload.length);
  const view = new DataView(frame.buffer);
  frame.set([0x52, 0x41, 0x46, 0x54]);
  view.setUint16(4, version);
  view.setUint16(6, type);
  view.setUint32(8, groupId);
  view.setUint32(12, length);
  frame.set(payload, 24);
  const headerChecksum = crc32(frame.subarray(0, 16));
  view.setUint32(16, headerChecksum);
  view.setUint32(20, crc32(payload, headerChecksum));
  return frame;
}

/** An entry's header and payload made by hand, with checksums that are right. */
export function rawEntry(fields: {
  index?: bigint;
  term?: bigint;
  kind?: number;
  flags?: number;
  time?: bigint;
  length?: number;
  data?: Uint8Array;
}): Uint8Array<ArrayBuffer> {
  const { index = 1n, term = 1n, kind = 1, flags = 0, time = 0n, data = new Uint8Array(0), length = data.length } = fields;
  const bytes = new Uint8Array(38 + data.length);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, index);
  view.setBigUint64(8, term);
  view.setUint8(16, kind);
  view.setUint8(17, flags);
  view.setBigUint64(18, time);
  view.setUint32(26, length);
  view.setUint32(30, crc32(data));
  view.setUint32(34, crc32(bytes.subarray(0, 34)));
  bytes.set(data, 38);
  return bytes;
}
