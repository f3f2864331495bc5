import {
  type Bytes,
  type ClusterId,
  clusterIdSchema,
  decodeConfiguration,
  encodeConfiguration,
  type HardState,
  hardStateSchema,
  Reader,
  type SnapshotMeta,
  snapshotMetaSchema,
  Writer,
} from '@raft/wire';
import { fromHex, toHex } from './hex.ts';

/** A snapshot that was made current, and the number of the file that holds it. */
export interface SnapshotRef {
  readonly meta: SnapshotMeta;
  readonly file: number;
}

/** What a batch says besides its entries. Parts take effect in the order: snapshot, dropsLog, truncateFrom, entries. */
export interface BatchRecord {
  readonly hardState?: HardState;
  readonly clusterId?: ClusterId;
  readonly commitIndex?: number;
  readonly snapshot?: SnapshotRef;
  /** The log did not hold the snapshot's last entry: all of it goes. Said outright, since a later reader may not see the old log. */
  readonly dropsLog?: boolean;
  readonly truncateFrom?: number;
  /** In a start: the last index of the log, or the snapshot's, in front of this segment. */
  readonly lastIndex?: number;
}

const flags = { hardState: 1, clusterId: 2, commitIndex: 4, snapshot: 8, dropsLog: 16, truncateFrom: 32, lastIndex: 64 } as const;

export const noRecord: Bytes = new Uint8Array(0);

export function encodeRecord(record: BatchRecord): Bytes {
  const writer = new Writer();
  let bits = 0;
  for (const name of Object.keys(flags) as (keyof typeof flags)[]) {
    if (record[name] !== undefined && record[name] !== false) bits |= flags[name];
  }
  writer.u8(bits);
  if (record.hardState) {
    writer.u53(record.hardState.currentTerm);
    writer.boolean(record.hardState.votedFor !== null);
    if (record.hardState.votedFor !== null) writer.string(record.hardState.votedFor);
  }
  if (record.clusterId !== undefined) writer.raw(fromHex(record.clusterId));
  if (record.commitIndex !== undefined) writer.u53(record.commitIndex);
  if (record.snapshot) {
    writer.u53(record.snapshot.file);
    putMeta(writer, record.snapshot.meta);
  }
  if (record.truncateFrom !== undefined) writer.u53(record.truncateFrom);
  if (record.lastIndex !== undefined) writer.u53(record.lastIndex);
  return writer.finish();
}

/** Checks everything by schema. Throws if it is not what {@link encodeRecord} makes. */
export function decodeRecord(bytes: Bytes): BatchRecord {
  if (bytes.length === 0) return {};
  const reader = new Reader(bytes);
  const bits = reader.u8();
  const has = (name: keyof typeof flags) => (bits & flags[name]) !== 0;
  const record: BatchRecord = {
    ...(has('hardState') && { hardState: getHardState(reader) }),
    ...(has('clusterId') && { clusterId: clusterIdSchema.parse(toHex(reader.raw(16))) }),
    ...(has('commitIndex') && { commitIndex: reader.u53() }),
    ...(has('snapshot') && { snapshot: { file: reader.u53(), meta: getMeta(reader) } }),
    ...(has('dropsLog') && { dropsLog: true }),
    ...(has('truncateFrom') && { truncateFrom: reader.u53() }),
    ...(has('lastIndex') && { lastIndex: reader.u53() }),
  };
  reader.end();
  return record;
}

export function putMeta(writer: Writer, meta: SnapshotMeta): void {
  writer.u53(meta.lastIncludedIndex);
  writer.u53(meta.lastIncludedTerm);
  writer.u53(meta.configurationIndex);
  writer.bytes(encodeConfiguration(meta.configuration));
}

function getMeta(reader: Reader): SnapshotMeta {
  return snapshotMetaSchema.parse({
    lastIncludedIndex: reader.u53(),
    lastIncludedTerm: reader.u53(),
    configurationIndex: reader.u53(),
    configuration: decodeConfiguration(reader.bytes()),
  });
}

function getHardState(reader: Reader): HardState {
  return hardStateSchema.parse({ currentTerm: reader.u53(), votedFor: reader.boolean() ? reader.string() : null });
}
