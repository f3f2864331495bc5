import { formatCount, formatSeconds, formatTable } from './table.ts';

/** One kill of a leader. */
export interface Kill {
  readonly killed: string;
  /** Who leads after it. */
  readonly leader: string;
  /** Acknowledged before it. */
  readonly writes: number;
  /** From the kill until a write that began after it was acknowledged. */
  readonly failOverMs: number;
  /** From the restart of the killed node until it had applied all that was committed by then. */
  readonly catchUpMs: number;
}

/** What a demo came to. */
export interface DemoReport {
  readonly acknowledged: number;
  /** Those of the acknowledged that replaced an earlier value. */
  readonly overwrites: number;
  readonly unknown: number;
  readonly refused: number;
  readonly keys: number;
  readonly loadMs: number;
  readonly kills: readonly Kill[];
  readonly verified: readonly { readonly id: string; readonly keys: number }[];
  /** One sentence for each read that broke a promise. */
  readonly lost: readonly string[];
}

const shownLosses = 20;

/** The report as people read it. */
export function summaryOf(report: DemoReport): string[] {
  const perSecond = Math.round(report.acknowledged / (report.loadMs / 1000));
  const rows = [
    ['Writes acknowledged', `${formatCount(report.acknowledged)} (${formatCount(perSecond)} a second, fail-overs included)`],
    ['Keys', `${formatCount(report.keys)} (the other ${formatCount(report.overwrites)} writes replaced a key's value)`],
    ['Outcome unknown', formatCount(report.unknown)],
    ['Refused, never happened', formatCount(report.refused)],
    ['Fail-over', report.kills.map((kill) => formatSeconds(kill.failOverMs)).join(', ')],
    ['Back and caught up', report.kills.map((kill) => formatSeconds(kill.catchUpMs)).join(', ')],
    ['Keys verified', report.verified.map(({ id, keys }) => `${formatCount(keys)} through ${id}`).join(', ')],
  ];
  return ['', ...formatTable(rows).map((line) => `  ${line}`), '', ...verdict(report.lost)];
}

function verdict(lost: readonly string[]): string[] {
  if (lost.length === 0) return ['Nothing was lost.'];
  const more = lost.length - shownLosses;
  return [
    `${formatCount(lost.length)} reads broke a promise:`,
    ...lost.slice(0, shownLosses).map((complaint) => `  ${complaint}`),
    ...(more > 0 ? [`  … and ${formatCount(more)} more`] : []),
  ];
}
