import type { Bug } from './bug.ts';
import type { SwitchedOff } from './invariants.ts';
import type { Shown, Verdict } from './run-bug.ts';

const nameWidth = 62;
/** As long as the longest name of an invariant. */
const idWidth = 28;

/** One line, in columns: id, name, what came of it. */
export function lineOf(bug: Bug, verdict: Verdict, verbose: boolean): string {
  const line = `${bug.id.padEnd(5)}${cut(bug.name)} ${tell(verdict)}`;
  return verbose && (verdict.kind === 'caught' || verdict.kind === 'missed') ? `${line}\n     ${verdict.detail.split('\n')[0]}` : line;
}

function tell({ kind, by, seeds, cpuSeconds, detail }: Verdict): string {
  const effort = [seeds === undefined ? [] : [`seed ${seeds}`], cpuSeconds === undefined ? [] : [`${cpuSeconds.toFixed(1)} s`]].flat();
  switch (kind) {
    case 'caught':
      return `caught by ${by} (${effort.join(', ')})`;
    case 'missed':
      return `MISSED (${effort.join(', ')}): ${detail}`;
    case 'broken':
      return `BROKEN: ${detail}`;
    case 'equivalent':
      return 'equivalent';
    case 'waits':
      return `waits for ${detail}`;
  }
}

/** How many of each kind. */
export function summaryOf(verdicts: readonly Verdict[]): string {
  const count = (kind: Verdict['kind']): number => verdicts.filter((verdict) => verdict.kind === kind).length;
  const parts = [
    `${count('caught')} caught`,
    `${count('missed')} missed`,
    `${count('equivalent')} equivalent`,
    `${count('waits')} wait for their feature`,
  ];
  if (count('broken') > 0) parts.push(`${count('broken')} broken`);
  const seconds = verdicts.reduce((sum, { cpuSeconds = 0 }) => sum + cpuSeconds, 0);
  return `${verdicts.length} bugs: ${parts.join(', ')} (${seconds.toFixed(0)} s)`;
}

/** One invariant: which bug it sees, and that it slips through without it. */
export function offLineOf(row: SwitchedOff, shown: Shown | undefined): string {
  const start = row.invariant.padEnd(idWidth);
  if ('reason' in row) return `${start}– ${row.reason}`;
  if (shown === undefined) return start;
  const { seen, unseen } = shown;
  const on = seen.kind === 'caught' ? `seen at seed ${seen.seeds}` : `NOT SEEN (${seen.detail.split('\n')[0]})`;
  const off =
    unseen.kind === 'missed' ? `without it ${unseen.seeds} seeds pass` : `STILL SEEN without it, by ${unseen.by} at seed ${unseen.seeds}`;
  const others = [...(row.alone ? ['all other invariants'] : []), ...(row.withoutAssertions ? ['the assertions of protocol/'] : [])];
  return `${start}${cut(row.bug)} ${on}, ${off}${others.length === 0 ? '' : `; off in both: ${others.join(', ')}`}`;
}

function cut(name: string): string {
  return name.length > nameWidth ? `${name.slice(0, nameWidth - 1)}…` : name.padEnd(nameWidth);
}
