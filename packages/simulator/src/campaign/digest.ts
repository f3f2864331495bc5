/** A digest that does not depend on the order in which seeds were added: two different sums over a mix of each seed with its trace. */
export interface SeedDigest {
  xor: number;
  sum: number;
}

/** Murmur3's last step: every bit of the input moves about half of the output's. */
function mixed(value: number): number {
  let hash = value | 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}

/** Adds the history of one seed. Seeds above 32 bits count with both halves. */
export function addToDigest(digest: SeedDigest, seed: number, traceHash: number): void {
  const mix = mixed(mixed(seed) ^ mixed(Math.floor(seed / 0x1_0000_0000) + 0x9e3779b9) ^ Math.imul(traceHash, 0x01000193));
  digest.xor ^= mix;
  digest.sum = (digest.sum + Math.imul(mixed(mix + 1), 0x9e3779b1)) | 0;
}

export function digestText({ xor, sum }: SeedDigest): string {
  return hex(xor) + hex(sum);
}

/** The digest of two disjoint sets of seeds together. */
export function joinDigests(one: string, other: string): string {
  const sum = (Number.parseInt(one.slice(8), 16) + Number.parseInt(other.slice(8), 16)) | 0;
  const xor = Number.parseInt(one.slice(0, 8), 16) ^ Number.parseInt(other.slice(0, 8), 16);
  return digestText({ xor, sum });
}

function hex(value: number): string {
  return (value >>> 0).toString(16).padStart(8, '0');
}
