import * as z from 'zod';
import { addCounts, type Counts, inOrder } from './counts.ts';
import { addToDigest, digestText, type SeedDigest } from './digest.ts';
import { histogramSchema } from './histogram.ts';
import { joined, type SeedRange, seedRangeSchema } from './seed-ranges.ts';

const count = z.number().int().min(0);
const counts = z.record(z.string(), count);

export const summaryVersion = 1;

/** A campaign: seeds, split into so many parts. */
const campaignSchema = z.strictObject({ seeds: seedRangeSchema, shards: z.number().int().min(1) });

/** What some seeds of a campaign add up to. Summaries of parts add up to the summary of the whole, exactly (but for CPU seconds). */
export const summarySchema = z.strictObject({
  format: z.literal('raft-sim summary'),
  version: z.literal(summaryVersion),
  /** Version and commit of what ran: other code has other histories. */
  code: z.string().min(1),
  campaign: campaignSchema,
  /** Which parts of it are in here, from 1. */
  shards: z.array(z.number().int().min(1)),
  /** Which seeds ran, sorted. Fewer than the parts have when somebody interrupted. */
  seeds: z.array(seedRangeSchema),
  failures: z.array(z.strictObject({ seed: count, invariant: z.string(), message: z.string() })),
  /** Over all traces, whatever the order of their seeds: machines that ran the same seeds must agree on it. */
  digest: z.string().regex(/^[0-9a-f]{16}$/),
  events: count,
  /** Virtual time of all clusters, in microseconds. */
  simulatedUs: count,
  /** Of the whole process while it ran. Null where nobody counts it, as in a browser. */
  cpuSeconds: z.number().min(0).nullable(),
  /** How many seeds had so many of them. */
  perSeed: z.strictObject({ faults: histogramSchema, elections: histogramSchema, acknowledged: histogramSchema }),
  stats: counts,
  /** Which levels were drawn, and what each costs: CPU seconds of the threads that ran it, 0 where nobody counts them. */
  levels: z.record(z.string(), z.strictObject({ seeds: count, simulatedUs: count, cpuSeconds: z.number().min(0) })),
  /** How many seeds were drawn of each. */
  profiles: counts,
  /** How often each rare branch was reached; 0 stands there too. */
  marks: counts,
  /** Per table, how many things wait for a feature, by its name. */
  waiting: z.record(z.string(), counts),
});
export type Summary = z.infer<typeof summarySchema>;
export type Campaign = z.infer<typeof campaignSchema>;

/** One seed's history, as far as a campaign counts it. */
export interface SeedResult {
  readonly seed: number;
  /** Of its trace, 32 bits. */
  readonly hash: number;
  readonly events: number;
  readonly simulatedUs: number;
  readonly faults: number;
  readonly elections: number;
  readonly acknowledged: number;
  readonly stats: Counts;
  readonly marks: Counts;
  readonly profile: string;
  readonly level: string;
  /** Of the thread that ran it. */
  readonly cpuSeconds?: number;
  readonly failure?: { readonly seed: number; readonly invariant: string; readonly message: string } | undefined;
}

/** What a tally knows before the first seed. */
export interface TallyOptions {
  readonly code: string;
  readonly campaign: Campaign;
  readonly shards: readonly number[];
  /** Marks that there are: those that no seed reaches are to be seen as well. */
  readonly marks: readonly string[];
  readonly waiting: Readonly<Record<string, Counts>>;
}

const longestMessage = 4000;
/** Beyond so many ranges those that touch are joined. */
const mostRanges = 64;

/** Adds seeds up, in whatever order they come. */
export class Tally {
  readonly failures: Summary['failures'] = [];
  seeds = 0;
  events = 0;
  simulatedUs = 0;
  readonly code: string;
  private readonly options: TallyOptions;
  private ran: [number, number][] = [];
  private readonly digest: SeedDigest = { xor: 0, sum: 0 };
  private readonly perSeed = { faults: {}, elections: {}, acknowledged: {} } as Record<keyof Summary['perSeed'], Record<string, number>>;
  private readonly stats: Record<string, number> = {};
  private readonly levels: Record<string, Summary['levels'][string]> = {};
  private readonly profiles: Record<string, number> = {};
  private readonly marks: Record<string, number>;

  constructor(options: TallyOptions) {
    this.options = options;
    this.code = options.code;
    this.marks = Object.fromEntries(options.marks.map((id) => [id, 0]));
  }

  add(result: SeedResult): void {
    const { seed, failure } = result;
    this.seeds++;
    this.note(seed);
    addToDigest(this.digest, seed, result.hash);
    this.events += result.events;
    this.simulatedUs += result.simulatedUs;
    for (const what of ['faults', 'elections', 'acknowledged'] as const) addCounts(this.perSeed[what], { [result[what]]: 1 });
    addCounts(this.stats, result.stats);
    addLevels(this.levels, { [result.level]: { seeds: 1, simulatedUs: result.simulatedUs, cpuSeconds: result.cpuSeconds ?? 0 } });
    addCounts(this.profiles, { [result.profile]: 1 });
    addCounts(this.marks, result.marks);
    if (failure === undefined) return;
    const { invariant, message } = failure;
    this.failures.push({ seed, invariant, message: message.slice(0, longestMessage) });
  }

  /** Of what was added so far. */
  summary(cpuSeconds: number | null): Summary {
    const { code, campaign, shards, waiting } = this.options;
    return {
      format: 'raft-sim summary',
      version: summaryVersion,
      code,
      campaign,
      shards: [...shards],
      seeds: joined(this.ran).map(([first, last]) => [first, last]),
      failures: this.failures.toSorted((one, other) => one.seed - other.seed),
      digest: digestText(this.digest),
      events: this.events,
      simulatedUs: this.simulatedUs,
      cpuSeconds,
      perSeed: {
        faults: { ...this.perSeed.faults },
        elections: { ...this.perSeed.elections },
        acknowledged: { ...this.perSeed.acknowledged },
      },
      stats: inOrder(this.stats),
      levels: addLevels({}, this.levels),
      profiles: inOrder(this.profiles),
      marks: inOrder(this.marks),
      waiting: Object.fromEntries(Object.entries(waiting).map(([table, names]) => [table, inOrder(names)])),
    };
  }

  /** Seeds mostly come as neighbours, a few at a time. */
  private note(seed: number): void {
    const range = this.ran.find(([, last]) => last + 1 === seed);
    if (range !== undefined) {
      range[1] = seed;
      return;
    }
    this.ran.push([seed, seed]);
    if (this.ran.length > mostRanges) this.ran = joined(this.ran).map(([first, last]) => [first, last]);
  }
}

/** Adds to `sum`, and gives it back: what starts empty has its levels in the order of their names. */
export function addLevels(sum: Record<string, Summary['levels'][string]>, part: Summary['levels']): Summary['levels'] {
  for (const name of Object.keys(part).sort()) {
    const { seeds = 0, simulatedUs = 0, cpuSeconds = 0 } = part[name] ?? {};
    const before = sum[name] ?? { seeds: 0, simulatedUs: 0, cpuSeconds: 0 };
    sum[name] = { seeds: before.seeds + seeds, simulatedUs: before.simulatedUs + simulatedUs, cpuSeconds: before.cpuSeconds + cpuSeconds };
  }
  return sum;
}

/** The ranges of a summary, as the functions on ranges want them. */
export function rangesOf(summary: Summary): readonly SeedRange[] {
  return summary.seeds;
}
