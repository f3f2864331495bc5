import type { Entry, HardState, SnapshotMeta } from '@raft/wire';

/** What is durable on a node's disk, as far as anything acknowledged says: observers hold everything that a node claims against it. */
export interface DiskView {
  readonly storageId: string;
  readonly clusterId: string | undefined;
  readonly hardState: HardState;
  readonly commitIndex: number;
  readonly snapshot: { readonly meta: SnapshotMeta } | undefined;
  readonly firstIndex: number;
  readonly lastIndex: number;
  /** Of the last entry, or of the one that the snapshot ends with. */
  readonly lastTerm: number;
  readonly entries: readonly Entry[];
  entryAt(index: number): Entry | undefined;
  /** The term of an entry in the log, or of the one that the snapshot ends with. */
  termAt(index: number): number | undefined;
  /** Is the entry at this place durable here, in the log or under the snapshot? */
  covers(index: number, term: number): boolean;
}
