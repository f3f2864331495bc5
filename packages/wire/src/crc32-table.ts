const table = makeTable();

/** Eight tables of 256: one per byte of a step, so that eight bytes cost eight look-ups and no chain between them ("slicing by 8"). */
function makeTable(): Uint32Array {
  const result = new Uint32Array(8 * 256);
  for (let byte = 0; byte < 256; byte += 1) {
    let value = byte;
    for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
    result[byte] = value;
  }
  for (let at = 256; at < result.length; at += 1) {
    const before = result[at - 256] as number;
    result[at] = (before >>> 8) ^ (result[before & 0xff] as number);
  }
  return result;
}

/** CRC-32 (the polynomial of zip, as in `node:zlib`) of the bytes from `start` to `end`, going on from `seed`. Unsigned. */
export function crc32ByTable(bytes: Uint8Array, range: { readonly seed: number; readonly start: number; readonly end: number }): number {
  const { seed, start, end } = range;
  let crc = ~seed;
  let at = start;
  for (; at + 8 <= end; at += 8) {
    crc ^= (bytes[at] as number) | ((bytes[at + 1] as number) << 8) | ((bytes[at + 2] as number) << 16) | ((bytes[at + 3] as number) << 24);
    crc =
      (table[0x700 + (crc & 0xff)] as number) ^
      (table[0x600 + ((crc >>> 8) & 0xff)] as number) ^
      (table[0x500 + ((crc >>> 16) & 0xff)] as number) ^
      (table[0x400 + (crc >>> 24)] as number) ^
      (table[0x300 + (bytes[at + 4] as number)] as number) ^
      (table[0x200 + (bytes[at + 5] as number)] as number) ^
      (table[0x100 + (bytes[at + 6] as number)] as number) ^
      (table[bytes[at + 7] as number] as number);
  }
  for (; at < end; at += 1) crc = (crc >>> 8) ^ (table[(crc ^ (bytes[at] as number)) & 0xff] as number);
  return ~crc >>> 0;
}
