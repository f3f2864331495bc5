/** Which chunks a change of the log removes, and which it rewrites. */
export interface ChunkCut {
  /** Key of the first chunk that goes, and all behind it. */
  readonly deleteFrom: number | undefined;
  /** Key of the chunk that loses its end. */
  readonly shorten: number | undefined;
}

/** Where the chunks of the log begin, and how long they are: a few numbers for each batch that is kept. */
export class ChunkIndex {
  /** In rising order; contiguous. */
  #firsts: number[] = [];
  #lengths: number[] = [];
  #lastIndex = 0;

  /** Index of the last entry, or of what the next one would follow. */
  get lastIndex(): number {
    return this.#lastIndex;
  }

  /** lastIndex + 1 when there is no entry. */
  get firstIndex(): number {
    return this.#firsts[0] ?? this.#lastIndex + 1;
  }

  /** A chunk behind the last. */
  append(chunk: { readonly first: number; readonly last: number; readonly bytes: number }): void {
    this.#firsts.push(chunk.first);
    this.#lengths.push(chunk.bytes);
    this.#lastIndex = chunk.last;
  }

  /** No chunk; the next one begins behind `index`. */
  reset(index: number): void {
    this.#firsts = [];
    this.#lengths = [];
    this.#lastIndex = index;
  }

  /** What to do so that no entry behind `through` is left. */
  planCut(through: number): ChunkCut {
    const at = this.#find(through);
    const shorten = at >= 0 && this.#lastOf(at) > through ? this.#firsts[at] : undefined;
    return { deleteFrom: this.#firsts[at + 1], shorten };
  }

  /** It is done; `bytes` is the new length of the chunk that was shortened. */
  cut(through: number, bytes: number | undefined): void {
    if (through >= this.#lastIndex) return;
    const at = this.#find(through);
    this.#firsts.length = at + 1;
    this.#lengths.length = at + 1;
    if (bytes !== undefined) this.#lengths[at] = bytes;
    this.#lastIndex = through;
  }

  /** Key of the last chunk that has no entry behind `through`: it may be compacted, and all before it. */
  planCompaction(through: number): number | undefined {
    const at = this.#find(through);
    return at >= 0 && this.#lastOf(at) > through ? this.#firsts[at - 1] : this.#firsts[at];
  }

  /** The chunks up to the one with this key are gone. */
  compact(key: number): void {
    const count = this.#find(key) + 1;
    this.#firsts.splice(0, count);
    this.#lengths.splice(0, count);
  }

  /** Keys of the chunks to load for these entries: from the one that holds `from`, until behind it there are maxBytes or `to`. */
  keysFor(range: { readonly from: number; readonly to: number; readonly maxBytes: number }): { first: number; last: number } | undefined {
    const { from, to, maxBytes } = range;
    const start = this.#find(from);
    const first = this.#firsts[start];
    if (first === undefined || from > this.#lastIndex || to < from) return undefined;
    let end = start;
    // How much of the first chunk lies before `from` isn't known: none of it is counted.
    for (let bytes = 0; bytes < maxBytes && this.#lastOf(end) < Math.min(to, this.#lastIndex); ) {
      end += 1;
      bytes += this.#lengths[end] ?? 0;
    }
    return { first, last: this.#firsts[end] ?? first };
  }

  #lastOf(at: number): number {
    const next = this.#firsts[at + 1];
    return next === undefined ? this.#lastIndex : next - 1;
  }

  /** Place of the last chunk that begins at or before `index`, −1 if there is none. */
  #find(index: number): number {
    let low = 0;
    let high = this.#firsts.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#firsts[middle] as number) <= index) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }
}
