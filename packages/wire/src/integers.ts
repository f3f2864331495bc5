// Big-endian integers at fixed places. Unchecked: callers have checked the bounds. Plain byte access, because a DataView
// per entry costs more than the decoding of the entry itself.

const two32 = 2 ** 32;

/** Reads an unsigned 16-bit integer. */
export function getU16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
}

/** Reads an unsigned 32-bit integer. */
export function getU32(bytes: Uint8Array, at: number): number {
  const high = ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
  const low = ((bytes[at + 2] as number) << 8) | (bytes[at + 3] as number);
  return ((high << 16) | low) >>> 0;
}

/** Reads eight bytes; the caller must refuse what is above 2^53 − 1 (rounding never brings a larger value down to it). */
export function getU53(bytes: Uint8Array, at: number): number {
  return getU32(bytes, at) * two32 + getU32(bytes, at + 4);
}

/** Writes an unsigned 16-bit integer. */
export function setU16(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 8;
  bytes[at + 1] = value;
}

/** Writes an unsigned 32-bit integer. */
export function setU32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 24;
  bytes[at + 1] = value >>> 16;
  bytes[at + 2] = value >>> 8;
  bytes[at + 3] = value;
}

/** Writes a whole number up to 2^53 − 1 in eight bytes. */
export function setU53(bytes: Uint8Array, at: number, value: number): void {
  setU32(bytes, at, Math.floor(value / two32));
  setU32(bytes, at + 4, value % two32);
}
