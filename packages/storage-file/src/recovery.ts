import type { Bytes, RaftError } from '@raft/wire';
import { type BatchHeader, batchHeaderBytes, findHeaders, getHeader } from './batch-codec.ts';
import { damaged, missing } from './failures.ts';
import { segmentName } from './file-names.ts';
import type { FileSystem } from './file-system.ts';
import { Replay } from './replay.ts';
import { endOfData, readSegment } from './segment-file.ts';

/** A tail that was never acknowledged and is to be cut. */
export interface TornTail {
  readonly file: string;
  readonly offset: number;
  /** Of the entries that go, as far as that can still be read. */
  readonly firstIndex: number | null;
  readonly lastIndex: number | null;
}

/** What the segments say. Nothing was changed to find out. */
export interface Recovered {
  readonly replay: Replay;
  /** The last segment that is in use. */
  readonly segment: number;
  /** Behind its last batch. */
  readonly end: number;
  /** Behind its last byte that isn't zero: from `end` to here it is to be zeroed. */
  readonly dataEnd: number;
  /** Of the file. */
  readonly size: number;
  /** Bytes in front of `end` that no header vouches for: to be written again, as they are. */
  readonly unvouched: Bytes;
  readonly torn: TornTail | undefined;
  /** Segments that the snapshot makes needless. */
  readonly covered: readonly number[];
  /** Segments behind the last one, which hold nothing that counts. */
  readonly later: readonly number[];
}

/** Where a replay ended, and why it may not end there. */
interface Damage {
  readonly segment: number;
  readonly error: RaftError;
}

/**
 * Reads the log back (ARCHITECTURE §7).
 *
 * Bad bytes in a batch that a later header calls durable are damage. Bad bytes behind that are a torn tail: it is cut
 * there, valid batches behind it included, since unsynced pages reach the disk in any order.
 * Segments wholly below the durable snapshot are not needed: if a replay that begins at a later segment finds a
 * snapshot that covers all before it, whatever is wrong with those is no damage.
 *
 * @throws RaftError `damaged`
 */
export async function recover(fileSystem: FileSystem, storageId: Bytes, segments: readonly number[]): Promise<Recovered> {
  let first: Damage | undefined;
  let bad = 0;
  for (const [at, segment] of segments.entries()) {
    if (segment <= bad) continue;
    const result = await replayFrom(fileSystem, storageId, segments.slice(at));
    if ('replay' in result) return { ...result, covered: segments.slice(0, at) };
    first ??= result;
    bad = result.segment;
  }
  throw first?.error ?? missing(fileSystem.location, segmentName(1), 'and the log begins there');
}

async function replayFrom(fileSystem: FileSystem, storageId: Bytes, segments: readonly number[]): Promise<Recovered | Damage> {
  const replay = new Replay(storageId);
  const [head = 0] = segments;
  let bytes = await readSegment(fileSystem, head);
  let used = 0;
  let end = replay.applySegment(bytes, head);
  if (end === 0) return damage(fileSystem, head, 0, 'it does not begin with the start of a segment');
  for (let next = 1; next < segments.length; next += 1) {
    const number = segments[next] ?? 0;
    // Not a tear, whatever stands in the later file: it was made when the missing one was in use, and its name was durable.
    if (number !== (segments[next - 1] ?? 0) + 1) return damage(fileSystem, (segments[next - 1] ?? 0) + 1, 0, 'the file is missing');
    const nextBytes = await readSegment(fileSystem, number);
    const nextEnd = replay.applySegment(nextBytes, number);
    if (nextEnd === 0) break;
    used = next;
    bytes = nextBytes;
    end = nextEnd;
  }
  const segment = segments[used] ?? 0;
  const rest = segments.slice(used + 1);
  const later = await findLater(fileSystem, storageId, { segment, bytes, end, rest });
  const lost = (replay.header?.number ?? 0) + 1;
  if (Math.max(replay.durable, later.durable) >= lost) return damageAt(fileSystem, storageId, { segment, end, rest });
  return checkBase(fileSystem, head, {
    replay,
    segment,
    end,
    dataEnd: endOfData(bytes, end),
    size: bytes.length,
    unvouched: bytes.slice(replay.unvouchedOffset ?? end, end),
    torn: later.hasData ? tornTail(segment, end, later.headers) : undefined,
    covered: [],
    later: rest,
  });
}

/** A log that does not begin at 1 needs a snapshot of what is missing. */
function checkBase(fileSystem: FileSystem, head: number, recovered: Recovered): Recovered | Damage {
  const base = recovered.replay.starts[0]?.lastIndex ?? 0;
  const covered = recovered.replay.state.snapshot?.meta.lastIncludedIndex ?? 0;
  if (base <= covered) return recovered;
  return damage(fileSystem, head - 1, 0, `it is missing, and no snapshot covers the entries up to ${base}`, head);
}

interface LogTail {
  readonly segment: number;
  readonly bytes: Bytes;
  readonly end: number;
  readonly rest: readonly number[];
}

interface Later {
  readonly headers: readonly BatchHeader[];
  /** The last batch that these vouch for. */
  readonly durable: number;
  /** Something stands there that isn't zero. */
  readonly hasData: boolean;
}

/** All that stands behind the end of the replay, in its segment and in every later one. */
async function findLater(fileSystem: FileSystem, storageId: Bytes, tail: LogTail): Promise<Later> {
  const headers: BatchHeader[] = [];
  let hasData = false;
  const look = (bytes: Bytes, from: number, segment: number) => {
    const dataEnd = endOfData(bytes, from);
    if (dataEnd === from) return;
    hasData = true;
    // The last one's checksum may end in zeros.
    headers.push(...findHeaders(bytes.subarray(0, dataEnd + batchHeaderBytes), from, { storageId, segment }));
  };
  look(tail.bytes, tail.end, tail.segment);
  for (const segment of tail.rest) look(await readSegment(fileSystem, segment), 0, segment);
  return { headers, durable: headers.reduce((most, header) => Math.max(most, header.durable), 0), hasData };
}

function tornTail(segment: number, offset: number, headers: readonly BatchHeader[]): TornTail {
  const cut = headers.filter((header) => header.entryCount > 0);
  return {
    file: segmentName(segment),
    offset,
    firstIndex: cut.length > 0 ? Math.min(...cut.map((header) => header.firstIndex)) : null,
    lastIndex: cut.length > 0 ? Math.max(...cut.map((header) => header.firstIndex + header.entryCount - 1)) : null,
  };
}

/** Names the file that is to blame: the next segment when its beginning is bad or missing, else this one. */
async function damageAt(
  fileSystem: FileSystem,
  storageId: Bytes,
  { segment, end, rest }: { readonly segment: number; readonly end: number; readonly rest: readonly number[] },
): Promise<Damage> {
  const what = 'a batch that was durable is gone';
  const [next] = rest;
  if (next === undefined) return damage(fileSystem, segment, end, what);
  const bytes = await readSegment(fileSystem, next);
  const bad =
    endOfData(await readSegment(fileSystem, segment), end) === end && getHeader(bytes, 0, { storageId, segment: next }) === undefined;
  return bad ? damage(fileSystem, next, 0, what) : damage(fileSystem, segment, end, what);
}

function damage(fileSystem: FileSystem, file: number, offset: number, what: string, segment = file): Damage {
  return { segment, error: damaged(fileSystem.location, segmentName(file), offset, what) };
}
