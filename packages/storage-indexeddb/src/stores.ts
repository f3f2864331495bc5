/** The object stores of a database, and what their keys are. */
export const stores = {
  /** `identity` and `state`. */
  meta: 'meta',
  /** Index of a chunk's first entry: the order of the keys is that of the log. */
  chunks: 'chunks',
  /** Number of a snapshot. A snapshot has a record here once it is committed. */
  snapshots: 'snapshots',
  /** [number of the snapshot, number of the block]. */
  blocks: 'snapshotBlocks',
} as const;

/** Version of the database and of all its records. */
export const schemaVersion = 1;
