import type { EventLog, StorageState } from '@raft/core';
import { type Bytes, RaftError, type StorageId } from '@raft/wire';
import { batchHeaderBytes, findHeaders, getHeader, putBatch } from './batch-codec.ts';
import { missing } from './failures.ts';
import { identityName, type Listing, segmentName, snapshotName, sortNames } from './file-names.ts';
import type { FileSystem } from './file-system.ts';
import { fromHex } from './hex.ts';
import { readIdentity, writeIdentity } from './identity.ts';
import { initialLogState, startRecord } from './log-state.ts';
import type { LogEnd } from './log-writer.ts';
import { encodeRecord } from './record-codec.ts';
import { type Recovered, recover } from './recovery.ts';
import { createSegment, readSegment, segmentCapacity, writeZeros } from './segment-file.ts';
import { openSnapshotFile } from './snapshots.ts';

export interface OpenLogOptions {
  readonly segmentBytes: number;
  readonly newStorageId: () => StorageId;
  readonly log: EventLog;
}

/** A folder that was read, repaired and cleared of what no longer counts. All of it is durable. */
export interface OpenedLog {
  readonly state: StorageState;
  readonly end: LogEnd;
  readonly recovered: Recovered;
  /** Larger than the number of any snapshot file. */
  readonly nextFile: number;
  /** No header says yet that the last batch is durable. */
  readonly vouch: boolean;
}

/**
 * Formats the folder if it is new, reads it back and repairs it. Until the first write of the repair nothing has been
 * changed, so a folder that is refused stays as it was.
 */
export async function openLog(fileSystem: FileSystem, options: OpenLogOptions): Promise<OpenedLog> {
  const names = sortNames(await fileSystem.list());
  if (!names.identity) await format(fileSystem, names, options);
  const listing = sortNames(await fileSystem.list());
  const storageId = await readIdentity(fileSystem);
  const id = fromHex(storageId);
  const recovered = await recover(fileSystem, id, listing.segments);
  const { state } = recovered.replay;
  if (state.snapshot) {
    const { file } = await openSnapshotFile(fileSystem, id, state.snapshot);
    await file.close();
  }
  if (recovered.torn) options.log({ type: 'tornTailCut', ...recovered.torn });
  const end = await repair(fileSystem, recovered);
  try {
    await removeSurplus(fileSystem, listing, recovered);
  } catch (error) {
    await end.segment.file.close().catch(() => undefined);
    throw error;
  }
  const { header, durable } = recovered.replay;
  return {
    state: storageState(storageId, recovered),
    end,
    recovered,
    nextFile: listing.snapshots.reduce((most, { file }) => Math.max(most, file), 0) + 1,
    vouch: header?.kind !== 'marker' && durable < end.number,
  };
}

/** The order makes the identity the last thing that becomes durable: without it, there is nothing to lose. */
async function format(fileSystem: FileSystem, names: Listing, { segmentBytes, newStorageId }: OpenLogOptions): Promise<void> {
  const { location } = fileSystem;
  const [foreign] = names.foreign;
  if (foreign !== undefined) throw new RaftError('foreignData', `${location} is not empty and not ours: it holds ${foreign}`);
  if (names.snapshots.length > 0 || names.segments.some((segment) => segment > 1) || (await hasBegun(fileSystem, names))) {
    throw missing(location, identityName, 'although there is a log');
  }
  for (const name of [...names.temporary, ...names.segments.map(segmentName)]) await fileSystem.remove(name);
  const storageId = newStorageId();
  const segment = await createSegment(fileSystem, 1, segmentCapacity(1, segmentBytes));
  const record = encodeRecord(startRecord(initialLogState));
  const bytes: Bytes = new Uint8Array(batchHeaderBytes + record.length);
  const place = { storageId: fromHex(storageId), number: 1, segment: 1, offset: 0, durable: 0, previousChecksum: 0 };
  putBatch(bytes, 0, place, { kind: 'start', record, entries: [] });
  try {
    segment.file.write(bytes, 0);
    await segment.file.sync();
  } finally {
    await segment.file.close();
  }
  await writeIdentity(fileSystem, storageId);
}

/** Something was written behind the formatting: then the identity was there once. */
async function hasBegun(fileSystem: FileSystem, { segments }: Listing): Promise<boolean> {
  if (segments.length === 0) return false;
  const bytes = await readSegment(fileSystem, 1);
  const storageId = bytes.subarray(8, 24);
  const site = { storageId, segment: 1 };
  return getHeader(bytes, 0, site) !== undefined && findHeaders(bytes, 1, site).length > 0;
}

/**
 * Cuts the torn tail, and writes again, byte for byte, what no header vouches for: after a failed sync the page cache
 * shows what is not on the disk, and a sync alone would not bring it there.
 */
async function repair(fileSystem: FileSystem, { replay, segment, end, dataEnd, size, unvouched }: Recovered): Promise<LogEnd> {
  const { header } = replay;
  if (!header) throw new RaftError('invariantViolated', 'a log was recovered without a batch');
  const file = await fileSystem.open(segmentName(segment));
  try {
    writeZeros(file, end, dataEnd);
    if (unvouched.length > 0) file.write(unvouched, end - unvouched.length);
    if (unvouched.length > 0 || dataEnd > end) await file.sync();
  } catch (error) {
    await file.close().catch(() => undefined);
    throw error;
  }
  return {
    segment: { number: segment, file, capacity: size },
    offset: end,
    number: header.number,
    checksum: header.checksum,
    state: replay.state,
  };
}

async function removeSurplus(fileSystem: FileSystem, listing: Listing, { replay, covered, later }: Recovered): Promise<void> {
  // From the last one on, one by one: a gap in the numbers would be damage.
  for (const segment of later.toReversed()) {
    await fileSystem.remove(segmentName(segment));
    await fileSystem.syncDirectory();
  }
  const { snapshot } = replay.state;
  const current = snapshot && snapshotName(snapshot.meta, snapshot.file);
  const old = listing.snapshots.map(({ name }) => name).filter((name) => name !== current);
  for (const name of [...covered.map(segmentName), ...old, ...listing.temporary]) await fileSystem.remove(name);
  // Also when nothing went: a process that was killed may have left names that are not on the disk yet.
  await fileSystem.syncDirectory();
}

function storageState(storageId: StorageId, { replay }: Recovered): StorageState {
  const { state, outline, configurations } = replay;
  return {
    storageId,
    hardState: state.hardState,
    commitIndex: Math.min(state.commitIndex, outline.lastIndex),
    log: {
      firstIndex: outline.firstIndex,
      lastIndex: outline.lastIndex,
      termRuns: [...outline.runs],
      configurations,
    },
    ...(state.clusterId !== undefined && { clusterId: state.clusterId }),
    ...(state.snapshot && { snapshot: state.snapshot.meta }),
  };
}
