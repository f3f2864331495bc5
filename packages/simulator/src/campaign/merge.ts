import { addCounts, type Counts, inOrder } from './counts.ts';
import { joinDigests } from './digest.ts';
import { describeRanges, joined, missingFrom, shardOf } from './seed-ranges.ts';
import { addLevels, rangesOf, type Summary, summarySchema, summaryVersion } from './summary.ts';

/** Parts of campaigns that do not make up a whole one. */
export class SummaryError extends Error {}

/**
 * A summary that somebody kept, from its parsed JSON.
 *
 * @throws SummaryError that says what is wrong with it.
 */
export function parseSummary(value: unknown): Summary {
  const { format, version } = (typeof value === 'object' && value !== null ? value : {}) as { format?: unknown; version?: unknown };
  if (format !== 'raft-sim summary') throw new SummaryError('not the summary of a campaign: its "format" is not "raft-sim summary"');
  if (version !== summaryVersion)
    throw new SummaryError(`a summary of version ${JSON.stringify(version)}; this program reads version ${summaryVersion}`);
  const parsed = summarySchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new SummaryError(`not a summary: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'malformed'}`);
}

/**
 * The whole of a campaign from all of its parts.
 *
 * @throws SummaryError when parts are of different campaigns or code, when a seed is in two of them, or when one is missing.
 */
export function mergeSummaries(parts: readonly Summary[]): Summary {
  const [first] = parts;
  if (first === undefined) throw new SummaryError('there is nothing to merge');
  for (const part of parts) demandAlike(first, part);
  const { seeds, shards } = first.campaign;
  const present = parts.flatMap((part) => part.shards).sort((one, other) => one - other);
  const twice = present.find((shard, at) => present[at + 1] === shard);
  if (twice !== undefined) throw new SummaryError(`shard ${twice}/${shards} is there twice`);
  // A part that is too short for a seed of its own may be left out: it has nothing to say.
  const absent = Array.from({ length: shards }, (_, at) => at + 1).filter(
    (shard) => !present.includes(shard) && shardOf([...seeds], shard, shards) !== undefined,
  );
  if (absent.length === 1) throw new SummaryError(`shard ${absent[0]}/${shards} is missing`);
  if (absent.length > 1)
    throw new SummaryError(
      `${absent.length} of ${shards} shards are missing: ${describeRanges(joined(absent.map((shard) => [shard, shard])))}`,
    );
  const ran = joinSeeds(parts);
  const gaps = missingFrom(seeds, ran);
  if (gaps.length > 0) throw new SummaryError(`a part was interrupted; these seeds did not run: ${describeRanges(gaps)}`);
  return {
    ...first,
    // A whole is a whole, in however many parts it ran.
    campaign: { seeds, shards: 1 },
    shards: [1],
    seeds: ran.map(([from, to]) => [from, to]),
    failures: parts.flatMap((part) => part.failures).sort((one, other) => one.seed - other.seed),
    digest: parts.map((part) => part.digest).reduce(joinDigests),
    events: parts.reduce((sum, part) => sum + part.events, 0),
    simulatedUs: parts.reduce((sum, part) => sum + part.simulatedUs, 0),
    cpuSeconds: parts.reduce<number | null>((sum, { cpuSeconds }) => (sum === null || cpuSeconds === null ? null : sum + cpuSeconds), 0),
    perSeed: {
      faults: sumOf(parts.map(({ perSeed }) => perSeed.faults)),
      elections: sumOf(parts.map(({ perSeed }) => perSeed.elections)),
      acknowledged: sumOf(parts.map(({ perSeed }) => perSeed.acknowledged)),
    },
    stats: inOrder(sumOf(parts.map(({ stats }) => stats))),
    levels: levelsOf(parts),
    profiles: inOrder(sumOf(parts.map(({ profiles }) => profiles))),
    marks: inOrder(sumOf(parts.map(({ marks }) => marks))),
  };
}

function levelsOf(parts: readonly Summary[]): Summary['levels'] {
  const sum: Record<string, Summary['levels'][string]> = {};
  for (const { levels } of parts) addLevels(sum, levels);
  return addLevels({}, sum);
}

function joinSeeds(parts: readonly Summary[]): ReturnType<typeof joined> {
  try {
    return joined(parts.flatMap(rangesOf));
  } catch (error) {
    throw error instanceof RangeError ? new SummaryError(error.message) : error;
  }
}

/** Other code has other histories, and other campaigns other seeds: neither can be added up. */
function demandAlike(first: Summary, part: Summary): void {
  if (part.code !== first.code) throw new SummaryError(`parts of different code: ${first.code} and ${part.code}`);
  const [one, other] = [describeCampaign(first), describeCampaign(part)];
  if (one !== other) throw new SummaryError(`parts of different campaigns: ${one} and ${other}`);
  // The same code has the same tables.
  if (JSON.stringify(first.waiting) !== JSON.stringify(part.waiting)) throw new SummaryError('parts whose tables of what waits differ');
}

function describeCampaign({ campaign: { seeds, shards } }: Summary): string {
  return `seeds ${describeRanges([seeds])} in ${shards} ${shards === 1 ? 'part' : 'parts'}`;
}

function sumOf(parts: readonly Counts[]): Record<string, number> {
  const sum: Record<string, number> = {};
  for (const part of parts) addCounts(sum, part);
  return sum;
}
