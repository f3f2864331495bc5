import { type Bytes, crc32, Reader, Writer } from '@raft/wire';

/** Bytes behind a sealed record: its checksum. */
const sealBytes = 4;

/** The written bytes and a checksum, in a buffer of exactly their size: the structured clone copies the whole buffer of a view. */
export function seal(written: Bytes): Bytes {
  const sealed = new Writer(written.length + sealBytes);
  sealed.raw(written);
  sealed.u32(crc32(written));
  return sealed.finish();
}

/** What was sealed. @throws RangeError if it isn't that. */
export function unseal(value: unknown): Bytes {
  if (!isBytes(value)) throw new RangeError('bytes expected');
  if (value.length < sealBytes) throw new RangeError('it is too short');
  const written = value.subarray(0, value.length - sealBytes);
  if (new Reader(value, written.length).u32() !== crc32(written)) throw new RangeError('its checksum is wrong');
  return written;
}

export function isBytes(value: unknown): value is Bytes {
  return value instanceof Uint8Array;
}
