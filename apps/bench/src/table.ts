import type { ProfileSummary } from './profile.ts';
import type { Report, RowSummary } from './report.ts';
import type { Row } from './run.ts';
import type { Spread } from './spread.ts';

const headings = [
  'workload',
  'clients',
  'writes/s',
  'p50 ms',
  'p99 ms',
  'CPU µs/write',
  'syncs/write',
  'writes/floor sync',
  'writes/round trip',
];

const packagesShown = 10;
const functionsShown = 25;

/** The report as people read it. */
export function formatReport(report: Report): string {
  const { conditions, options, floors, summaries } = report;
  return [
    `commit ${conditions.commit ?? 'unknown'} · Node ${conditions.nodeVersion} · ${conditions.cores} cores (${conditions.cpuModel}) · ${conditions.system} · ${conditions.fileSystem} · load ${conditions.loadAverage.toFixed(1)}`,
    `${report.valueBytes}-byte values · ${options.seconds} s in each of ${options.rounds} rounds · median (least–greatest)`,
    '',
    ...formatTable([headings, ...summaries.map(cellsOf)]),
    ...summaries.flatMap(remarksOn),
    '',
    'floors, measured just before and after each row:',
    ...formatTable([
      ['fdatasync of 4 KiB over zeros', `${format(floors.overwriteSyncsPerSecond)} /s`],
      ['fdatasync of 4 KiB appended', `${format(floors.appendSyncsPerSecond)} /s`],
      ['TCP round trip of 300 B, two processes', `${format(floors.roundTripsPerSecond)} /s`],
    ]),
    ...report.rows.flatMap(stageLines),
  ].join('\n');
}

/** The profiles as people read them. */
export function formatProfiles(profiles: readonly ProfileSummary[]): string {
  return profiles
    .map(({ process, busyShare, packages, functions }) =>
      [
        `${process}: busy ${percent(busyShare)} of the time`,
        ...formatTable([
          ...packages.slice(0, packagesShown).map(({ place, share }) => [`  ${percent(share)}`, place]),
          ...functions.slice(0, functionsShown).map(({ place, share }) => [`    ${percent(share)}`, place]),
        ]),
      ].join('\n'),
    )
    .join('\n\n');
}

/** Stages of a single client's writes: the last round's, node by node. */
function stageLines({ workload, clients, rounds }: Row): readonly string[] {
  const stages = rounds.at(-1)?.measurement.stages ?? [];
  if (stages.length === 0) return [];
  const lines = stages.map(({ node, stage, latency }) => [node, stage, short(latency.count), short(latency.p50Ms), short(latency.p99Ms)]);
  return ['', `${workload}, ${clients} clients, last round:`, ...formatTable([['node', 'stage', 'times', 'p50 ms', 'p99 ms'], ...lines])];
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`.padStart(7);
}

function cellsOf(row: RowSummary): readonly string[] {
  return [
    row.workload,
    String(row.clients),
    format(row.writesPerSecond),
    format(row.p50Ms),
    format(row.p99Ms),
    format(row.cpuMicrosPerWrite),
    row.syncsPerWrite === null ? '–' : format(row.syncsPerWrite),
    row.workload === 'memory' ? '–' : format(row.writesPerFloorSync),
    format(row.writesPerFloorRoundTrip),
  ];
}

function remarksOn(row: RowSummary): readonly string[] {
  const remarks = [
    row.notCommitted === 0 ? [] : [`${row.notCommitted} writes were rejected or unknown`],
    row.repeated === 0 ? [] : [`${row.repeated} measurements were repeated because the leader changed`],
    row.disturbedRounds === 0 ? [] : [`the leader changed in ${row.disturbedRounds} of the rounds that count: don't trust this row`],
  ].flat();
  return remarks.map((remark) => `${row.workload}, ${row.clients} clients: ${remark}`);
}

function format({ median, min, max }: Spread): string {
  return min === max ? short(median) : `${short(median)} (${short(min)}–${short(max)})`;
}

/** Three significant digits, thousands apart. */
function short(value: number): string {
  if (!Number.isFinite(value)) return '?';
  const rounded = value >= 1000 ? Math.round(value) : Number(value.toPrecision(3));
  return rounded.toLocaleString('en-US', { maximumSignificantDigits: 21 });
}

function formatTable(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = rows.reduce<readonly number[]>((widest, row) => row.map((cell, column) => Math.max(cell.length, widest[column] ?? 0)), []);
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}
