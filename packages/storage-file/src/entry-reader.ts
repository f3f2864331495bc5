import { type Bytes, decodeEntry, type Entry } from '@raft/wire';
import { batchHeaderBytes, getHeader } from './batch-codec.ts';
import type { ReadableRegion } from './entry-positions.ts';
import { damaged } from './failures.ts';
import { segmentName } from './file-names.ts';
import type { FileSystem, OpenFile } from './file-system.ts';

export interface EntryRange {
  readonly from: number;
  readonly maxBytes: number;
  readonly regions: readonly ReadableRegion[];
}

/** Reads entries from the disk, with their checksums. @throws RaftError `damaged` */
export async function readRegions(fileSystem: FileSystem, storageId: Bytes, range: EntryRange): Promise<readonly Entry[]> {
  const entries: Entry[] = [];
  let bytes = 0;
  let file: OpenFile | undefined;
  let segment = 0;
  try {
    for (const region of range.regions) {
      if (!file || segment !== region.segment) {
        await file?.close();
        file = undefined;
        file = await fileSystem.open(segmentName(region.segment));
        segment = region.segment;
      }
      const content = await file.read(region.offset, region.end - region.offset);
      for (const entry of entriesOf(content, region, storageId, fileSystem.location)) {
        if (entry.index < range.from) continue;
        bytes += entry.bytes.length;
        if (entries.length > 0 && bytes > range.maxBytes) return entries;
        entries.push(entry);
      }
    }
    return entries;
  } finally {
    await file?.close();
  }
}

function* entriesOf(content: Bytes, region: ReadableRegion, storageId: Bytes, location: string): Generator<Entry> {
  const bad = (at: number, what: string) => damaged(location, segmentName(region.segment), region.offset + at, what);
  let at = 0;
  let batchRest = region.batchRest;
  for (let index = region.index; index <= region.through; index += 1) {
    while (batchRest === 0) {
      // The header says its place in the segment, of which `content` is only a part.
      const header = getHeader(content, at, { storageId, segment: region.segment, base: region.offset });
      if (!header) throw bad(at, 'the header of a batch is wrong');
      batchRest = header.entryCount;
      at += batchRest === 0 ? header.length : batchHeaderBytes + header.recordLength;
    }
    const entry = entryAt(content, at, bad);
    if (entry.index !== index) throw bad(at, `entry ${index} expected, entry ${entry.index} is there`);
    yield entry;
    at += entry.bytes.length;
    batchRest -= 1;
  }
}

function entryAt(content: Bytes, at: number, bad: (at: number, what: string) => Error): Entry {
  try {
    return decodeEntry(content, at);
  } catch {
    throw bad(at, 'an entry is wrong');
  }
}
