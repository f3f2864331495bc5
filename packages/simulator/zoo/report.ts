import type { Bug } from './bug.ts';
import type { SwitchedOff } from './invariants.ts';
import type { Verdict } from './run-bug.ts';

const nameWidth = 62;

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

/** One invariant: what it sees, and what slips through without it. */
export function offLineOf(row: SwitchedOff, seen?: Verdict, unseen?: Verdict): string {
  const start = row.invariant.padEnd(10);
  if ('reason' in row) return `${start}${row.reason}`;
  const also = row.off === undefined || row.off.length === 0 ? '' : `, off too: ${row.off.join(' ')}`;
  const on = seen === undefined ? '' : seen.kind === 'caught' ? `caught at seed ${seen.seeds}` : `NOT CAUGHT: ${seen.detail}`;
  const off =
    unseen === undefined
      ? ''
      : unseen.kind === 'missed'
        ? `slips through ${unseen.seeds} seeds`
        : `STILL SEEN by ${unseen.by} at seed ${unseen.seeds}`;
  return `${start}${cut(row.bug)} on: ${on}; off: ${off}${also}`;
}

function cut(name: string): string {
  return name.length > nameWidth ? `${name.slice(0, nameWidth - 1)}…` : name.padEnd(nameWidth);
}
