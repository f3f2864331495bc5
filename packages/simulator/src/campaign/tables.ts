import { invariantRows } from '../invariants/table.ts';
import { markRows, marks } from '../marks/table.ts';
import { waitingScenarios } from '../scenarios/table.ts';
import type { Counts } from './counts.ts';

/** The marks that a campaign must reach, by id. */
export function markIds(): readonly string[] {
  return marks.map(({ id }) => id);
}

/** Per table, how many things wait for a feature that is not there yet. */
export function whatWaits(): Readonly<Record<string, Counts>> {
  return { invariants: countByFeature(invariantRows), marks: countByFeature(markRows), scenarios: countByFeature(waitingScenarios) };
}

function countByFeature(rows: readonly object[]): Counts {
  const counts: Record<string, number> = {};
  for (const row of rows) {
    if ('waitsFor' in row && typeof row.waitsFor === 'string') counts[row.waitsFor] = (counts[row.waitsFor] ?? 0) + 1;
  }
  return counts;
}
