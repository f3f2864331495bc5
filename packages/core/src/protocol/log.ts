import { decodeConfiguration, type Entry, entryData } from '@raft/wire';
import type { LocatedConfiguration, LogOutline, TermRun } from '../storage.ts';
import { invariant } from './invariants.ts';

interface Position {
  readonly index: number;
  readonly term: number;
}

/**
 * The log: the terms of all of it (as runs), every configuration in it, and the bodies of its tail. Bodies that were
 * handed to storage and are durable may be evicted; whoever needs them then reads them from storage.
 *
 * Invariant: boundary.index <= handedIndex <= lastIndex; the cache is a suffix and holds every entry behind durableIndex.
 */
export class Log {
  /** The last entry that was compacted away, of which the term is still known: (0, 0) at the very beginning. */
  #boundary: Position;
  #runs: TermRun[];
  #lastIndex: number;
  #configurations: LocatedConfiguration[];
  #cache: Entry[] = [];
  #cacheFirst: number;
  #cachedBytes = 0;
  readonly #maxCachedBytes: number;
  /** The last entry that was handed to storage. */
  handedIndex: number;

  constructor(outline: LogOutline, options: { readonly snapshot?: Position | undefined; readonly maxCachedBytes: number }) {
    this.#runs = [...outline.termRuns];
    this.#lastIndex = outline.lastIndex;
    this.#configurations = [...outline.configurations];
    this.#cacheFirst = outline.lastIndex + 1;
    this.#maxCachedBytes = options.maxCachedBytes;
    this.handedIndex = outline.lastIndex;
    const before = outline.firstIndex - 1;
    if (before === 0) this.#boundary = { index: 0, term: 0 };
    else if (options.snapshot?.index === before) this.#boundary = { index: before, term: options.snapshot.term };
    else {
      // The term of the entry before the first is not known, so the first itself becomes the boundary.
      const run = this.#runs[0];
      invariant(run !== undefined, () => `log starts at ${outline.firstIndex} without snapshot or entries`);
      this.#boundary = { index: outline.firstIndex, term: run.term };
      this.#dropRunsThrough(outline.firstIndex);
    }
    const covered = options.snapshot?.index ?? 0;
    invariant(
      this.#boundary.index <= covered && covered <= this.#lastIndex,
      () => `log ${before + 1}..${this.#lastIndex} does not meet snapshot ${covered}`,
    );
  }

  get boundary(): Position {
    return this.#boundary;
  }

  get firstIndex(): number {
    return this.#boundary.index + 1;
  }

  get lastIndex(): number {
    return this.#lastIndex;
  }

  get lastTerm(): number {
    return this.#runs.at(-1)?.term ?? this.#boundary.term;
  }

  /** The configuration in the log that was appended last; undefined when it holds none. */
  get configuration(): LocatedConfiguration | undefined {
    return this.#configurations.at(-1);
  }

  /** undefined when the entry was compacted or doesn't exist: never 0, which would match a missing entry. */
  termAt(index: number): number | undefined {
    if (index === this.#boundary.index) return this.#boundary.term;
    if (index < this.#boundary.index || index > this.#lastIndex) return undefined;
    return this.#runs[this.#runAt(index)]?.term;
  }

  /** The largest index at or below `index` whose term is at most `term`, not below the boundary (paper §5.3, skipping by term). */
  lastAtMost(index: number, term: number): Position {
    let high = Math.min(index, this.#lastIndex);
    while (high > this.#boundary.index) {
      const run = this.#runs[this.#runAt(high)];
      if (run === undefined) break;
      if (run.term <= term) return { index: high, term: run.term };
      high = run.index - 1;
    }
    return this.#boundary;
  }

  /** Whether a log that ends with this entry is at least as up to date as ours (paper §5.4.1). */
  isUpToDate(last: Position): boolean {
    return last.term > this.lastTerm || (last.term === this.lastTerm && last.index >= this.#lastIndex);
  }

  append(entry: Entry): void {
    invariant(entry.index === this.#lastIndex + 1, () => `entry ${entry.index} appended behind ${this.#lastIndex}`);
    invariant(entry.term >= this.lastTerm, () => `entry ${entry.index} of term ${entry.term} behind term ${this.lastTerm}`);
    if (entry.term !== this.#runs.at(-1)?.term) this.#runs.push({ index: entry.index, term: entry.term });
    if (entry.kind === 'configuration') {
      this.#configurations.push({ index: entry.index, term: entry.term, configuration: decodeConfiguration(entryData(entry)) });
    }
    if (this.#cache.length === 0) this.#cacheFirst = entry.index;
    this.#cache.push(entry);
    this.#cachedBytes += entry.bytes.length;
    this.#lastIndex = entry.index;
  }

  /** Removes `from` and everything behind it. */
  truncate(from: number): void {
    invariant(from > this.#boundary.index, () => `truncation at ${from}, compacted up to ${this.#boundary.index}`);
    this.#lastIndex = from - 1;
    this.handedIndex = Math.min(this.handedIndex, from - 1);
    while ((this.#runs.at(-1)?.index ?? 0) >= from) this.#runs.pop();
    while ((this.#configurations.at(-1)?.index ?? 0) >= from) this.#configurations.pop();
    const removed = this.#cache.splice(Math.max(0, from - this.#cacheFirst));
    for (const entry of removed) this.#cachedBytes -= entry.bytes.length;
    if (this.#cache.length === 0) this.#cacheFirst = from;
  }

  /** Forgets everything up to `index`, but for the term there. */
  compact(index: number): void {
    const term = this.termAt(index);
    invariant(term !== undefined, () => `compaction to ${index} outside ${this.#boundary.index}..${this.#lastIndex}`);
    this.#dropRunsThrough(index);
    this.#boundary = { index, term };
    this.#configurations = this.#configurations.filter((located) => located.index > index);
    this.#evictWhile((entry) => entry.index <= index);
  }

  /** Drops the whole log: it goes on behind a snapshot. */
  reset(boundary: Position): void {
    this.#boundary = boundary;
    this.#runs = [];
    this.#configurations = [];
    this.#cache = [];
    this.#cachedBytes = 0;
    this.#lastIndex = boundary.index;
    this.#cacheFirst = boundary.index + 1;
    this.handedIndex = boundary.index;
  }

  /** Whether the body of this entry is in memory. */
  isCached(index: number): boolean {
    return index >= this.#cacheFirst && index <= this.#lastIndex;
  }

  /** Cached entries from `from` (which is cached) through `through`: as many as fit in maxBytes, at least one. */
  slice(range: { readonly from: number; readonly through: number; readonly maxBytes: number }): readonly Entry[] {
    const start = range.from - this.#cacheFirst;
    const limit = Math.min(range.through, this.#lastIndex) - this.#cacheFirst + 1;
    let end = start;
    for (let bytes = 0; end < limit; end++) {
      bytes += this.#cache[end]?.bytes.length ?? 0;
      if (bytes > range.maxBytes && end > start) break;
    }
    return this.#cache.slice(start, end);
  }

  /** The entries from `from` through `through`, but only the last of them, as far as they are cached. */
  cachedTail(from: number, through: number): readonly Entry[] {
    const start = Math.max(from, this.#cacheFirst) - this.#cacheFirst;
    return this.#cache.slice(start, Math.max(start, through - this.#cacheFirst + 1));
  }

  /** The entries that storage has not been given yet; they are handed over by this. */
  takeUnhanded(): readonly Entry[] {
    const entries = this.cachedTail(this.handedIndex + 1, this.#lastIndex);
    this.handedIndex = this.#lastIndex;
    return entries;
  }

  /** Frees memory: bodies up to `durableIndex` can be read from storage. A quarter at a time, since each time moves the rest. */
  evict(durableIndex: number): void {
    if (this.#cachedBytes <= this.#maxCachedBytes) return;
    const target = this.#maxCachedBytes * 0.75;
    this.#evictWhile((entry) => this.#cachedBytes > target && entry.index <= durableIndex);
  }

  #evictWhile(evictable: (entry: Entry) => boolean): void {
    let count = 0;
    for (const entry of this.#cache) {
      if (!evictable(entry)) break;
      this.#cachedBytes -= entry.bytes.length;
      count++;
    }
    if (count > 0) this.#cache.splice(0, count);
    this.#cacheFirst = this.#cache[0]?.index ?? this.#lastIndex + 1;
  }

  #dropRunsThrough(index: number): void {
    const term = index < this.#lastIndex ? this.#runs[this.#runAt(index + 1)]?.term : undefined;
    this.#runs = this.#runs.filter((run) => run.index > index + 1);
    if (term !== undefined) this.#runs.unshift({ index: index + 1, term });
  }

  /** Position of the run that holds `index`, which is behind the boundary and in the log. */
  #runAt(index: number): number {
    let low = 0;
    let high = this.#runs.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if ((this.#runs[middle]?.index ?? 0) <= index) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}
