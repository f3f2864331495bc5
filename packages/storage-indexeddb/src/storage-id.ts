import type { StorageId } from '@raft/wire';

/** 128 random bits in hex. */
export function randomStorageId(): StorageId {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
