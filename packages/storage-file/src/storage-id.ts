import type { StorageId } from '@raft/wire';
import { toHex } from './hex.ts';

/** 128 random bits in hex. */
export function randomStorageId(): StorageId {
  return toHex(globalThis.crypto.getRandomValues(new Uint8Array(16)));
}
