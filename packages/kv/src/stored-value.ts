import type { Bytes } from '@raft/wire';

/** A value and the revision that wrote it. Never changed once made. */
export interface StoredValue {
  readonly value: Bytes;
  /** Log index of the write: it grows over all keys. */
  readonly revision: number;
}
