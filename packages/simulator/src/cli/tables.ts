import type { Counts } from '../campaign/counts.ts';

/** The marks that a campaign must reach, by id. */
export function markIds(): readonly string[] {
  return [];
}

/** Per table, how many things wait for a feature that is not there yet. */
export function whatWaits(): Readonly<Record<string, Counts>> {
  return {};
}
