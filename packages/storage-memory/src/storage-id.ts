import type { StorageId } from '@raft/wire';

interface WithCrypto {
  readonly crypto: { getRandomValues(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> };
}

/** 128 random bits in hex. Node and browsers both have `crypto` as a global, so no platform's types are needed. */
export function randomStorageId(): StorageId {
  const bytes = (globalThis as unknown as WithCrypto).crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
