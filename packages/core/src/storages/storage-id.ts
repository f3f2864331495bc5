import type { StorageId } from '@raft/wire';
import { systemClock } from '../system-clock.ts';

/** 128 random bits in hex: what a storage is told apart by, drawn when it is formatted. */
export function randomStorageId(): StorageId {
  const words = Array.from({ length: 4 }, () => Math.floor(systemClock.random() * 2 ** 32));
  return words.map((word) => word.toString(16).padStart(8, '0')).join('');
}
