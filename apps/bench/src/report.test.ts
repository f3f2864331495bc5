import { expect, test } from 'vitest';
import type { Measurement } from './cluster.ts';
import type { Floors } from './floors.ts';
import { reportOf } from './report.ts';
import type { Results, RoundResult } from './run.ts';

const latency = { count: 1000, meanMs: 2, p50Ms: 1, p90Ms: 3, p99Ms: 9, maxMs: 10 };

function measurement(changes: Partial<Measurement>): Measurement {
  const counted = { committed: 1000, notCommitted: 0, elapsedMs: 500, applied: 1000, syncs: { leader: 10, all: 30 } };
  const others = { latency, cpuMicros: { leader: 8000, all: 20_000 }, residentBytes: 1, leaderId: 'n1', stages: [], ledThroughout: true };
  return { ...counted, ...others, ...changes };
}

function round(number: number, syncsPerSecond: readonly [before: number, after: number], measured: Partial<Measurement>): RoundResult {
  const floors = (syncs: number): Floors => ({
    overwriteSyncsPerSecond: syncs,
    appendSyncsPerSecond: syncs / 2,
    roundTripsPerSecond: 1000,
  });
  const [before, after] = syncsPerSecond;
  return { round: number, floorsBefore: floors(before), floorsAfter: floors(after), repeated: 0, measurement: measurement(measured) };
}

function reportOn(workload: 'memory' | 'durable', rounds: readonly RoundResult[]) {
  const options = { workloads: [workload], clients: [8], seconds: 1, rounds: rounds.length, stages: false };
  const conditions = {
    startedAt: '',
    commit: null,
    nodeVersion: '',
    system: '',
    cores: 2,
    cpuModel: '',
    memoryBytes: 1,
    fileSystem: '',
    loadAverage: 0,
  };
  const results: Results = { conditions, options, valueBytes: 256, rows: [{ workload, clients: 8, rounds }] };
  return reportOf(results);
}

test('figures are medians over the rounds, and each ratio is to the floors around its own row', () => {
  const rounds = [
    round(1, [100, 300], { committed: 1000 }),
    round(2, [1000, 1000], { committed: 4000, syncs: { leader: 20, all: 60 } }),
    round(3, [100, 100], { committed: 500, notCommitted: 2 }),
  ];
  const [summary] = reportOn('durable', rounds).summaries;
  expect(summary?.writesPerSecond).toEqual({ median: 2000, min: 1000, max: 8000 });
  expect(summary?.writesPerFloorSync).toEqual({ median: 10, min: 8, max: 10 });
  expect(summary?.syncsPerWrite).toEqual({ median: 0.01, min: 0.005, max: 0.02 });
  expect(summary?.cpuMicrosPerWrite).toEqual({ median: 20, min: 5, max: 40 });
  expect(summary?.notCommitted).toBe(2);
});

test('a memory cluster has no syncs to tell of', () => {
  const { summaries } = reportOn('memory', [round(1, [1, 1], { syncs: null })]);
  expect(summaries[0]?.syncsPerWrite).toBeNull();
});

test('rounds in which the leader changed are counted, so that nobody takes them for figures', () => {
  const { summaries } = reportOn('durable', [{ ...round(1, [1, 1], { ledThroughout: false }), repeated: 2 }, round(2, [1, 1], {})]);
  expect(summaries[0]).toMatchObject({ disturbedRounds: 1, repeated: 2 });
});

test('floors are summed up over all rows', () => {
  expect(reportOn('durable', [round(1, [100, 300], {}), round(2, [400, 400], {})]).floors).toEqual({
    overwriteSyncsPerSecond: { median: 300, min: 200, max: 400 },
    appendSyncsPerSecond: { median: 150, min: 100, max: 200 },
    roundTripsPerSecond: { median: 1000, min: 1000, max: 1000 },
  });
});
