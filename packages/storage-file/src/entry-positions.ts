/** Entries that lie behind each other in one segment, with nothing between them but headers and records. */
export interface Region {
  /** Of its first entry. */
  readonly index: number;
  readonly segment: number;
  /** Of its first entry, and behind its last one. */
  readonly offset: number;
  readonly end: number;
  /** Entries of the batch that its first entry belongs to, from that one on. Then the next batch begins. */
  readonly batchRest: number;
  /** Of the entries alone. */
  readonly entryBytes: number;
}

/** Where an entry lies, as it is handed to {@link EntryPositions.append}. */
export interface EntryPlace {
  readonly segment: number;
  readonly offset: number;
  readonly length: number;
  readonly batchRest: number;
}

/** A region ends once it has this many bytes: what is read at most too much, and how sparse the index is. */
const regionBytes = 64 * 1024;

/** A region, and the last index that is to be read from it: what follows on the disk may be a truncated past. */
export interface ReadableRegion extends Region {
  readonly through: number;
}

type OpenRegion = { -readonly [Key in keyof Region]: Region[Key] };

/**
 * Where the entries of the log lie: not each of them, but the start of each region, so that a log of many gigabytes has
 * an index of a few megabytes.
 *
 * Invariant: the regions' indices rise without a gap: a region reaches up to the index where the next one begins.
 */
export class EntryPositions {
  #regions: OpenRegion[] = [];
  #firstIndex = 1;
  #lastIndex = 0;
  /** The next entry doesn't follow the last region's on the disk. */
  #broken = true;

  get firstIndex(): number {
    return this.#firstIndex;
  }

  get lastIndex(): number {
    return this.#lastIndex;
  }

  append({ segment, offset, length, batchRest }: EntryPlace): void {
    this.#lastIndex += 1;
    const last = this.#regions.at(-1);
    if (this.#broken || !last || last.segment !== segment || last.end - last.offset >= regionBytes) {
      this.#regions.push({ index: this.#lastIndex, segment, offset, end: offset + length, batchRest, entryBytes: length });
      this.#broken = false;
    } else {
      last.end = offset + length;
      last.entryBytes += length;
    }
  }

  truncateFrom(index: number): void {
    if (index > this.#lastIndex) return;
    if (index <= this.#firstIndex) {
      this.reset(index - 1);
      return;
    }
    this.#lastIndex = index - 1;
    while ((this.#regions.at(-1)?.index ?? 0) >= index) this.#regions.pop();
    // How much of the last region is left is not known here: count nothing, so that nobody reads too little.
    const last = this.#regions.at(-1);
    if (last) last.entryBytes = 0;
    this.#broken = true;
  }

  compact(index: number): void {
    if (index < this.#firstIndex) return;
    if (index >= this.#lastIndex) {
      this.reset(index);
      return;
    }
    this.#firstIndex = index + 1;
    const first = this.#find(index + 1);
    if (first > 0) this.#regions = this.#regions.slice(first);
  }

  /** No entries; the next one follows `index`. */
  reset(index: number): void {
    this.#regions = [];
    this.#firstIndex = index + 1;
    this.#lastIndex = index;
    this.#broken = true;
  }

  /** Copies of the regions that hold `from` and what follows, until they surely hold more than maxBytes or reach `to`. */
  regions({ from, to, maxBytes }: { readonly from: number; readonly to: number; readonly maxBytes: number }): ReadableRegion[] {
    if (from < this.#firstIndex || from > this.#lastIndex || to < from) return [];
    const found: ReadableRegion[] = [];
    // The first region may hold entries in front of `from`, so its size says nothing.
    let bytes = 0;
    for (let at = this.#find(from); at < this.#regions.length && bytes <= maxBytes; at += 1) {
      const region = this.#regions[at];
      if (!region || region.index > to) break;
      if (found.length > 0) bytes += region.entryBytes;
      found.push({ ...region, through: Math.min(to, (this.#regions[at + 1]?.index ?? this.#lastIndex + 1) - 1) });
    }
    return found;
  }

  /** The region that holds this index. */
  #find(index: number): number {
    let low = 0;
    let high = this.#regions.length - 1;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((this.#regions[middle]?.index ?? 0) <= index) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}
