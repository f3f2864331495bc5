import type { LocatedConfiguration } from '@raft/core';
import { TermOutline } from '@raft/core/storages';
import { type Bytes, decodeConfiguration, decodeEntry, type Entry, entryData } from '@raft/wire';
import { type BatchHeader, batchHeaderBytes, getHeader, type HeaderSite, isBodyValid } from './batch-codec.ts';
import { EntryPositions } from './entry-positions.ts';
import { initialLogState, type LogState, nextState, startState } from './log-state.ts';
import type { SegmentStart } from './log-writer.ts';
import { type BatchRecord, decodeRecord } from './record-codec.ts';

/** A batch that was read and found whole. */
interface Batch {
  readonly header: BatchHeader;
  readonly record: BatchRecord;
  readonly entries: readonly Entry[];
}

/** Applies batches one after the other, from the start of some segment on, and demands the chain. */
export class Replay {
  readonly #storageId: Bytes;
  #state: LogState = initialLogState;
  #header: BatchHeader | undefined;
  #durable = 0;
  readonly outline = new TermOutline();
  readonly positions = new EntryPositions();
  #configurations: LocatedConfiguration[] = [];
  readonly starts: SegmentStart[] = [];
  /** Of the last segment: where its batches begin, and which they are. */
  #places: { readonly number: number; readonly offset: number }[] = [];

  constructor(storageId: Bytes) {
    this.#storageId = storageId;
  }

  get state(): LogState {
    return this.#state;
  }

  /** Of the last batch. */
  get header(): BatchHeader | undefined {
    return this.#header;
  }

  /** The last batch that a header seen so far vouches for. */
  get durable(): number {
    return this.#durable;
  }

  get configurations(): readonly LocatedConfiguration[] {
    return this.#configurations;
  }

  /** Where the first batch that no header vouches for begins in the last segment; undefined if there is none. */
  get unvouchedOffset(): number | undefined {
    return this.#places.find(({ number }) => number > this.#durable)?.offset;
  }

  /** Applies what stands in a segment, from its start on. Gives the offset behind the last batch that is whole and in the chain. */
  applySegment(bytes: Bytes, segment: number): number {
    const site = { storageId: this.#storageId, segment };
    let offset = 0;
    for (;;) {
      const batch = readBatch(bytes, offset, site);
      if (!batch || (batch.header.kind === 'start') !== (offset === 0) || !this.#follows(batch.header)) return offset;
      if (!this.#apply(batch)) return offset;
      offset += batch.header.length;
    }
  }

  #follows(header: BatchHeader): boolean {
    const last = this.#header;
    return !last || (header.number === last.number + 1 && header.previousChecksum === last.checksum);
  }

  /** False, and nothing changed, if the batch doesn't go with the log. */
  #apply(batch: Batch): boolean {
    const { header, record, entries } = batch;
    if (header.kind === 'start') this.#begin(batch);
    else if (!this.#change(batch)) return false;
    this.#state = nextState(this.#state, record, this.outline.lastIndex);
    this.#header = header;
    this.#durable = Math.max(this.#durable, header.durable);
    this.#places.push({ number: header.number, offset: header.offset });
    let offset = header.offset + batchHeaderBytes + header.recordLength;
    let batchRest = entries.length;
    for (const { bytes } of entries) {
      this.positions.append({ segment: header.segment, offset, length: bytes.length, batchRest });
      offset += bytes.length;
      batchRest -= 1;
    }
    return true;
  }

  #begin({ header, record }: Batch): void {
    const lastIndex = record.lastIndex ?? 0;
    if (!this.#header) {
      this.#state = startState(record);
      this.outline.reset(lastIndex);
      this.positions.reset(lastIndex);
    }
    this.starts.push({ segment: header.segment, number: header.number, lastIndex });
    this.#places = [];
  }

  #change({ record, entries }: Batch): boolean {
    const { outline, positions } = this;
    const dropped = record.dropsLog ? record.snapshot?.meta.lastIncludedIndex : undefined;
    const from = record.truncateFrom;
    let lastIndex = dropped ?? outline.lastIndex;
    if (from !== undefined) lastIndex = Math.min(lastIndex, from - 1);
    if (entries.some((entry, at) => entry.index !== lastIndex + 1 + at)) return false;
    if (dropped !== undefined) {
      outline.reset(dropped);
      positions.reset(dropped);
      this.#configurations = [];
    }
    if (from !== undefined) {
      outline.truncateFrom(from);
      positions.truncateFrom(from);
      this.#configurations = this.#configurations.filter(({ index }) => index < from);
    }
    for (const entry of entries) this.#append(entry);
    return true;
  }

  #append(entry: Entry): void {
    const { index, term, kind } = entry;
    this.outline.append(term);
    if (kind === 'configuration') this.#configurations.push({ index, term, configuration: decodeConfiguration(entryData(entry)) });
  }
}

/** The batch at an offset; undefined if it isn't whole. */
function readBatch(bytes: Bytes, offset: number, site: HeaderSite): Batch | undefined {
  const header = getHeader(bytes, offset, site);
  if (!header || !isBodyValid(bytes, header)) return undefined;
  try {
    const bodyOffset = offset + batchHeaderBytes;
    const record = decodeRecord(bytes.subarray(bodyOffset, bodyOffset + header.recordLength));
    return { header, record, entries: readEntries(bytes, bodyOffset + header.recordLength, header) };
  } catch {
    // Right checksums around nonsense: what to make of bad bytes is for the caller to say, by where they stand.
    return undefined;
  }
}

function readEntries(bytes: Bytes, from: number, header: BatchHeader): Entry[] {
  const entries: Entry[] = [];
  let offset = from;
  for (let count = 0; count < header.entryCount; count += 1) {
    const entry = decodeEntry(bytes, offset);
    entries.push(entry);
    offset += entry.bytes.length;
  }
  if (offset !== header.offset + header.length) throw new RangeError('entries do not fill their batch');
  return entries;
}
