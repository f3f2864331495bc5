import type { InvariantRow } from '../invariants/table.ts';
import { invariantRows } from '../invariants/table.ts';
import { markRows } from '../marks/table.ts';
import { counted, type Look, lookOf, styled, wrapped } from './text.ts';

/** Lists what must hold in every history, and where the paper says so. */
export function invariantsCommand(): void {
  const look = lookOf(process.stdout);
  const widths = [24, 14] as const;
  print([
    heading(
      [
        ['id', widths[0]],
        ['TLA+', 0],
      ],
      look,
    ),
    ...invariantRows.flatMap((row) => [
      `${styled('bold', row.id.padEnd(widths[0] - 1), look)} ${row.tla ?? '–'}`,
      ...wrapped(`${row.name} (${row.paper})${remarkOf(row, look)}`, look.width - 2).map((line) => `  ${line}`),
    ]),
    '',
    footOf('invariant', invariantRows),
  ]);
}

function remarkOf(row: InvariantRow, look: Look): string {
  if ('waitsFor' in row) return ` · ${waitsFor(row.waitsFor, look)}`;
  if ('by' in row) return ` · seen by ${row.by}`;
  return row.partWaitsFor === undefined ? '' : ` · a part ${waitsFor(row.partWaitsFor, look)}`;
}

/** Lists the rare branches that a campaign has to reach. */
export function marksCommand(): void {
  const look = lookOf(process.stdout);
  print([
    ...markRows.flatMap((row) => [
      `${styled('bold', row.id, look)}${'waitsFor' in row ? ` · ${waitsFor(row.waitsFor, look)}` : ''}`,
      ...wrapped(`${row.what}${row.paper === undefined ? '' : ` (${row.paper})`}`, look.width - 2).map((line) => `  ${line}`),
    ]),
    '',
    footOf('mark', markRows),
  ]);
}

function waitsFor(feature: string, look: Look): string {
  return styled('yellow', `waits for ${feature}`, look);
}

/** How many there are, and how many of them wait. */
export function footOf(what: string, rows: readonly object[]): string {
  const waiting = rows.filter((row) => 'waitsFor' in row).length;
  return `${counted(rows.length - waiting, what)}${waiting === 0 ? '' : `, and ${waiting} that ${waiting === 1 ? 'waits' : 'wait'} for a feature`}`;
}

export function heading(cells: readonly (readonly [text: string, width: number])[], look: Look): string {
  return styled(
    'dim',
    cells
      .map(([text, width]) => text.padEnd(width))
      .join('')
      .trimEnd(),
    look,
  );
}

export function print(lines: readonly string[]): void {
  process.stdout.write(`${lines.join('\n')}\n`);
}
