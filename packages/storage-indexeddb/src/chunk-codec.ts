import { type Bytes, decodeEntry, type Entry, RaftError } from '@raft/wire';
import { isBytes } from './sealed-record.ts';

/** Entries one behind the other, in the form that they have on the wire; the key of the record is the index of the first. */
export interface Chunk {
  readonly first: number;
  readonly bytes: Bytes;
}

/** Entries of one batch beyond this go to another chunk, so that a reader of one entry need not load megabytes. */
export const maxChunkBytes = 1024 * 1024;

/** Consecutive entries as chunks: one, unless they are large. Each in a buffer of its own and of exactly its size. */
export function chunksOf(entries: readonly Entry[]): Chunk[] {
  const chunks: Chunk[] = [];
  for (let start = 0; start < entries.length; ) {
    const { end, bytes } = fill(entries, start);
    const joined = new Uint8Array(bytes);
    let offset = 0;
    for (let at = start; at < end; at += 1) {
      const entry = entries[at] as Entry;
      joined.set(entry.bytes, offset);
      offset += entry.bytes.length;
    }
    chunks.push({ first: (entries[start] as Entry).index, bytes: joined });
    start = end;
  }
  return chunks;
}

function fill(entries: readonly Entry[], start: number): { readonly end: number; readonly bytes: number } {
  let end = start;
  let bytes = 0;
  for (; end < entries.length; end += 1) {
    const { length } = (entries[end] as Entry).bytes;
    if (end > start && bytes + length > maxChunkBytes) break;
    bytes += length;
  }
  return { end, bytes };
}

/** The entries of a chunk, in order: views into the value. @throws RaftError `malformed` that says what is wrong */
export function* entriesIn(value: unknown, first: number): Generator<Entry, void, undefined> {
  if (!isBytes(value) || value.length === 0) throw malformed('bytes expected');
  let index = first;
  for (let offset = 0; offset < value.length; ) {
    const entry = decodeEntry(value, offset);
    if (entry.index !== index) throw malformed(`entry ${entry.index} at byte ${offset}, where ${index} must stand`);
    yield entry;
    offset += entry.bytes.length;
    index += 1;
  }
}

/** The chunk without the entries behind `through`, of which it has at least one before. @throws RaftError `malformed` */
export function shortened(value: unknown, first: number, through: number): Chunk {
  let length = 0;
  for (const entry of entriesIn(value, first)) {
    if (entry.index > through) break;
    length += entry.bytes.length;
  }
  return { first, bytes: (value as Bytes).slice(0, length) };
}

function malformed(message: string): RaftError {
  return new RaftError('malformed', message);
}
