import {
  type Bytes,
  type ClusterId,
  clusterIdSchema,
  type HardState,
  hardStateSchema,
  initialHardState,
  Reader,
  type StorageId,
  storageIdSchema,
  Writer,
} from '@raft/wire';
import { seal, unseal } from './sealed-record.ts';
import { schemaVersion } from './stores.ts';

/** All of the durable state that isn't entries or a snapshot; written with each batch. */
export interface StateRecord {
  readonly hardState: HardState;
  readonly clusterId: ClusterId | undefined;
  readonly commitIndex: number;
  /** Number of the current snapshot. */
  readonly snapshot: number | undefined;
  /** Of the log, or of the snapshot when the log is empty: without it nobody would miss the last chunk. */
  readonly lastIndex: number;
}

/** Of a storage that was just formatted. */
export const initialState: StateRecord = {
  hardState: initialHardState,
  clusterId: undefined,
  commitIndex: 0,
  snapshot: undefined,
  lastIndex: 0,
};

const identityMagic = 0x52414644; // RAFD

export function encodeIdentity(storageId: StorageId): Bytes {
  const writer = new Writer();
  writer.u32(identityMagic);
  writer.u8(schemaVersion);
  writer.string(storageId);
  return seal(writer.finish());
}

/** @throws Error that says what is wrong */
export function decodeIdentity(value: unknown): StorageId {
  const reader = new Reader(unseal(value));
  if (reader.u32() !== identityMagic) throw new RangeError('it is no identity');
  const version = reader.u8();
  if (version !== schemaVersion) throw new RangeError(`it has version ${version} in a database of version ${schemaVersion}`);
  const storageId = storageIdSchema.parse(reader.string());
  reader.end();
  return storageId;
}

export function encodeState(state: StateRecord): Bytes {
  const { hardState, clusterId, commitIndex, snapshot, lastIndex } = state;
  const writer = new Writer(96);
  writer.u53(hardState.currentTerm);
  writer.boolean(hardState.votedFor !== null);
  if (hardState.votedFor !== null) writer.string(hardState.votedFor);
  writer.boolean(clusterId !== undefined);
  if (clusterId !== undefined) writer.string(clusterId);
  writer.u53(commitIndex);
  writer.boolean(snapshot !== undefined);
  if (snapshot !== undefined) writer.u53(snapshot);
  writer.u53(lastIndex);
  return seal(writer.finish());
}

/** @throws Error that says what is wrong */
export function decodeState(value: unknown): StateRecord {
  const reader = new Reader(unseal(value));
  const state: StateRecord = {
    hardState: hardStateSchema.parse({ currentTerm: reader.u53(), votedFor: reader.boolean() ? reader.string() : null }),
    clusterId: reader.boolean() ? clusterIdSchema.parse(reader.string()) : undefined,
    commitIndex: reader.u53(),
    snapshot: reader.boolean() ? reader.u53() : undefined,
    lastIndex: reader.u53(),
  };
  reader.end();
  return state;
}
