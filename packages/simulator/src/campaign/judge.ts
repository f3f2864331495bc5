import { median } from './histogram.ts';
import { countSeeds, missingFrom } from './seed-ranges.ts';
import { rangesOf, type Summary } from './summary.ts';

/** What the median seed of a campaign has, at least: a history in which nothing happens proves nothing. */
const leastMedians = { faults: 20, elections: 5, acknowledged: 200 } as const;
/** The medians of fewer seeds than these are chance. */
const seedsForMedians = 100;
/** Marks are rare branches: fewer seeds than these may miss one by chance. */
export const seedsForMarks = 1000;

const words = { faults: 'faults', elections: 'elections', acknowledged: 'acknowledged operations' } as const;

export interface Verdict {
  /** Every seed ran, nothing was found, and enough was tried. */
  readonly passed: boolean;
  /** Why not, one sentence each. */
  readonly reasons: readonly string[];
  /** What was not judged, and why. */
  readonly notes: readonly string[];
}

/** Whether a campaign holds: no seed failed, seeds were not trivial, and they reached every mark. */
export function judge(summary: Summary): Verdict {
  const seeds = countSeeds(rangesOf(summary));
  const reasons: string[] = [];
  const notes: string[] = [];
  const { failures } = summary;
  if (failures.length > 0) reasons.push(`${failures.length} of ${seeds} seeds failed`);
  const { campaign, shards } = summary;
  if (shards.length < campaign.shards && campaign.shards > 1) {
    notes.push('one part of a campaign: medians and marks are judged when all parts are merged');
    return { passed: reasons.length === 0, reasons, notes };
  }
  if (missingFrom(campaign.seeds, rangesOf(summary)).length > 0) {
    notes.push('it was interrupted, and so medians and marks are not judged');
    return { passed: false, reasons, notes };
  }
  if (seeds < seedsForMedians) notes.push(`medians are judged from ${seedsForMedians} seeds on`);
  else reasons.push(...trivialMedians(summary));
  const missed = Object.entries(summary.marks).flatMap(([id, count]) => (count === 0 ? [id] : []));
  if (seeds < seedsForMarks) notes.push(`marks are judged from ${seedsForMarks.toLocaleString('en')} seeds on`);
  else if (missed.length > 0) reasons.push(`no seed reached ${missed.length === 1 ? 'the mark' : 'the marks'} ${missed.join(', ')}`);
  return { passed: reasons.length === 0, reasons, notes };
}

function trivialMedians({ perSeed }: Summary): readonly string[] {
  return (['faults', 'elections', 'acknowledged'] as const).flatMap((what) => {
    const found = median(perSeed[what]);
    return found >= leastMedians[what] ? [] : [`the median seed had ${found} ${words[what]}, fewer than ${leastMedians[what]}`];
  });
}
