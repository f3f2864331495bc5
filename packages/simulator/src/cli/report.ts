import type { Counts } from '../campaign/counts.ts';
import { median, quantile, total } from '../campaign/histogram.ts';
import { seedsForMarks, type Verdict } from '../campaign/judge.ts';
import { countSeeds, describeRanges } from '../campaign/seed-ranges.ts';
import { rangesOf, type Summary } from '../campaign/summary.ts';
import { counted, duration, type Look, rounded, styled, whole, wrapped } from './text.ts';

const label = 12;

/** A summary and what was judged of it, for people. */
export function reportOf(summary: Summary, verdict: Verdict, look: Look, run: { readonly pace?: string } = {}): readonly string[] {
  return [
    ...headOf(summary, look),
    '',
    ...totalsOf(summary, look),
    ...(run.pace === undefined ? [] : [row('pace', run.pace, look)]),
    '',
    ...tableOf(summary, look),
    '',
    ...namesOf(summary, look),
    ...verdictOf(summary, verdict, look),
  ];
}

function headOf(summary: Summary, look: Look): readonly string[] {
  const ranges = rangesOf(summary);
  const seeds = countSeeds(ranges);
  const { campaign, shards, failures } = summary;
  const part = campaign.shards > 1 && shards.length < campaign.shards ? ` · shard ${shards.join(', ')} of ${campaign.shards}` : '';
  const found = failures.length === 0 ? 'no failure' : styled('red', counted(failures.length, 'failure'), look);
  const range = seeds === 0 ? '' : ` · ${describeRanges(ranges)}`;
  return [
    `${styled('bold', counted(seeds, 'seed'), look)}${range}${part} · ${found}`,
    styled('dim', `code ${summary.code} · digest ${summary.digest}`, look),
  ];
}

function totalsOf(summary: Summary, look: Look): readonly string[] {
  const { cpuSeconds, simulatedUs, perSeed, events } = summary;
  const simulated = simulatedUs / 1e6;
  const cpu = cpuSeconds === null ? '' : ` in ${duration(cpuSeconds)} of CPU time`;
  const seeds = countSeeds(rangesOf(summary));
  return [
    row('simulated', `${duration(simulated)} of a cluster's life${cpu}`, look),
    ...(cpuSeconds === null || cpuSeconds === 0
      ? []
      : [
          row(
            'per CPU-s',
            `${styled('bold', rounded(simulated / cpuSeconds), look)} cluster-seconds · ${rounded(seeds / cpuSeconds)} seeds · ${rounded(events / cpuSeconds)} events`,
            look,
          ),
        ]),
    row(
      'in all',
      [
        counted(events, 'event'),
        counted(total(perSeed.elections), 'election'),
        counted(total(perSeed.faults), 'fault'),
        counted(total(perSeed.acknowledged), 'operation'),
      ].join(' · '),
      look,
    ),
  ];
}

const columns = [
  ['10 %', 0.1],
  ['median', 0.5],
  ['90 %', 0.9],
  ['most', 1],
] as const;

function tableOf({ perSeed }: Summary, look: Look): readonly string[] {
  const heading = columns.map(([name]) => name.padStart(10)).join('');
  const rows = [
    ['faults', perSeed.faults],
    ['elections', perSeed.elections],
    ['acknowledged operations', perSeed.acknowledged],
  ] as const;
  return [
    `${styled('dim', 'per seed'.padEnd(label + 14) + heading, look)}`,
    ...rows.map(([name, histogram]) => {
      const cells = columns.map(([column, share]) => {
        const text = whole(column === 'median' ? median(histogram) : quantile(histogram, share)).padStart(10);
        return column === 'median' ? styled('bold', text, look) : text;
      });
      return `${name.padEnd(label + 14)}${cells.join('')}`;
    }),
  ];
}

function namesOf(summary: Summary, look: Look): readonly string[] {
  const { marks } = summary;
  const missed = Object.entries(marks).flatMap(([id, count]) => (count === 0 ? [id] : []));
  const all = Object.keys(marks).length;
  // Few seeds miss many, by chance.
  const named = missed.length > 0 && (missed.length <= 5 || countSeeds(rangesOf(summary)) >= seedsForMarks);
  const reached = `${all - missed.length} of ${all} reached${named ? `; not: ${missed.join(', ')}` : ''}`;
  const waiting = Object.entries(summary.waiting).flatMap(([table, counts]) => {
    const waits = Object.values(counts).reduce((sum, count) => sum + count, 0);
    return waits === 0 ? [] : [`${counted(waits, table.replace(/s$/, ''))} for ${Object.keys(counts).join(', ')}`];
  });
  return [
    ...levelsOf(summary).flatMap((text, at) => block(at === 0 ? 'levels' : '', text, look)),
    ...block('profiles', listOf(summary.profiles), look),
    ...(all === 0 ? [] : block('marks', reached, look)),
    ...waiting.flatMap((text, at) => block(at === 0 ? 'waiting' : '', text, look)),
  ];
}

/** What the levels cost is told apart: one is ten times as dear as another. */
function levelsOf({ levels }: Summary): readonly string[] {
  const found = Object.entries(levels).sort(([, one], [, other]) => other.seeds - one.seeds);
  return found.map(([name, { seeds, simulatedUs, cpuSeconds }]) => {
    const pace = cpuSeconds === 0 ? '' : `, ${rounded(simulatedUs / 1e6 / cpuSeconds)} cluster-seconds per CPU-second`;
    return `${name} ${whole(seeds)}${pace}`;
  });
}

function listOf(counts: Counts): string {
  return (
    Object.entries(counts)
      .sort(([, one], [, other]) => other - one)
      // No line ends within one of them.
      .map(([name, count]) => `${name} ${whole(count)}`.replaceAll(' ', '\u00a0'))
      .join(' · ')
  );
}

function verdictOf(summary: Summary, { passed, reasons, notes }: Verdict, look: Look): readonly string[] {
  const byInvariant: Record<string, number> = {};
  for (const { invariant } of summary.failures) byInvariant[invariant] = (byInvariant[invariant] ?? 0) + 1;
  const broken = Object.keys(byInvariant).length === 0 ? [] : block('broken', listOf(byInvariant), look);
  return [
    ...broken,
    ...notes.flatMap((note, at) => block(at === 0 ? 'note' : '', note, look)),
    '',
    passed ? styled(['green', 'bold'], 'passed', look) : styled(['red', 'bold'], reasons.length === 0 ? 'interrupted' : 'failed', look),
    ...reasons.flatMap((reason) => wrapped(reason, look.width - 2).map((line) => `  ${line}`)),
  ];
}

function row(name: string, text: string, look: Look): string {
  return `${styled('dim', name.padEnd(label), look)}${text}`;
}

/** A row whose text may need several lines. */
function block(name: string, text: string, look: Look): readonly string[] {
  const [first = '', ...rest] = wrapped(text, look.width - label).map((line) => line.replaceAll('\u00a0', ' '));
  return [row(name, first, look), ...rest.map((line) => row('', line, look))];
}
