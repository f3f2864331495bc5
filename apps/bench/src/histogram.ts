/** What became of a set of durations, in milliseconds. */
export interface LatencySummary {
  readonly count: number;
  readonly meanMs: number;
  readonly p50Ms: number;
  readonly p90Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

/** Counts to a factor of two are split into this many equal buckets: a percentile is at most 1/64 too high. */
const bucketsPerOctave = 64;
const octaves = 26;
const unitsPerMs = 10_000;

/**
 * Counts durations in buckets of growing width. Our own, because recording must cost nanoseconds: `perf_hooks`
 * crosses into C++ at each value, which shows at some 100,000 writes a second.
 */
export class Histogram {
  readonly #counts = new Uint32Array((octaves + 1) * bucketsPerOctave);
  #count = 0;
  #sumMs = 0;
  #maxMs = 0;

  /** Counts one duration. */
  record(durationMs: number): void {
    const bucket = bucketOf(Math.max(0, Math.round(durationMs * unitsPerMs)));
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1;
    this.#count += 1;
    this.#sumMs += durationMs;
    if (durationMs > this.#maxMs) this.#maxMs = durationMs;
  }

  /** The smallest duration that at least this share of all durations (0 to 1) does not exceed; 0 when there are none. */
  percentileMs(share: number): number {
    const wanted = Math.max(1, Math.ceil(share * this.#count));
    let seen = 0;
    for (const [bucket, count] of this.#counts.entries()) {
      seen += count;
      if (seen >= wanted) return Math.min(upperEdgeOf(bucket) / unitsPerMs, this.#maxMs);
    }
    return 0;
  }

  summary(): LatencySummary {
    return {
      count: this.#count,
      meanMs: this.#count === 0 ? 0 : this.#sumMs / this.#count,
      p50Ms: this.percentileMs(0.5),
      p90Ms: this.percentileMs(0.9),
      p99Ms: this.percentileMs(0.99),
      maxMs: this.#maxMs,
    };
  }
}

function bucketOf(units: number): number {
  if (units < bucketsPerOctave) return units;
  const capped = Math.min(units, 2 ** 31 - 1);
  const octave = 31 - Math.clz32(capped) - 6;
  return (octave + 1) * bucketsPerOctave + ((capped >>> octave) - bucketsPerOctave);
}

function upperEdgeOf(bucket: number): number {
  if (bucket < bucketsPerOctave) return bucket;
  const octave = Math.floor(bucket / bucketsPerOctave) - 1;
  return (bucketsPerOctave + (bucket % bucketsPerOctave) + 1) * 2 ** octave - 1;
}
