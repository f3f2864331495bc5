import type { LocatedConfiguration, LogOutline, TermRun } from '@raft/core';
import { decodeConfiguration, type Entry, entryData } from '@raft/wire';

/** The log without its bodies. `entries` starts at `firstIndex`. */
export function outlineOf(firstIndex: number, entries: readonly Entry[]): LogOutline {
  const termRuns: TermRun[] = [];
  const configurations: LocatedConfiguration[] = [];
  for (const entry of entries) {
    const { index, term } = entry;
    if (termRuns.at(-1)?.term !== term) termRuns.push({ index, term });
    if (entry.kind === 'configuration') configurations.push({ index, term, configuration: decodeConfiguration(entryData(entry)) });
  }
  return { firstIndex, lastIndex: firstIndex + entries.length - 1, termRuns, configurations };
}
