import type { EndpointStatus } from '../client.ts';

const headings = ['endpoint', 'id', 'role', 'term', 'leader', 'commit', 'applied', 'durable'] as const;

/** One row for each endpoint, then the notices of those that take no part. */
export function statusTable(endpoints: readonly EndpointStatus[]): string {
  const rows = [headings, ...endpoints.map(rowOf)];
  // A reason runs over the columns behind it and must not widen its own.
  const whole = rows.filter((row) => row.length === headings.length);
  const widths = headings.map((_heading, column) => Math.max(...(column === 0 ? rows : whole).map((row) => row[column]?.length ?? 0)));
  const lines = rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  const notices = endpoints.flatMap((endpoint) =>
    'status' in endpoint && endpoint.status.notice !== null ? [endpoint.status.notice] : [],
  );
  return `${[...lines, ...notices].join('\n')}\n`;
}

function rowOf(answer: EndpointStatus): readonly string[] {
  if ('failure' in answer) return [answer.endpoint, '-', `unreachable: ${answer.failure}`];
  const { id, role, blank, term, leaderId, commitIndex, lastApplied, durableIndex } = answer.status;
  return [answer.endpoint, id, blank ? 'blank' : role, `${term}`, leaderId ?? '-', `${commitIndex}`, `${lastApplied}`, `${durableIndex}`];
}
