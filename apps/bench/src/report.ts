import type { Measurement } from './cluster.ts';
import type { Floors } from './floors.ts';
import type { Results, RoundResult, Row } from './run.ts';
import { type Spread, spread } from './spread.ts';

/** The figures of a row, over its rounds. */
export interface RowSummary {
  readonly workload: string;
  readonly clients: number;
  readonly writesPerSecond: Spread;
  readonly p50Ms: Spread;
  readonly p99Ms: Spread;
  /** Of all processes of the cluster, the clients' work in the leader's included. */
  readonly cpuMicrosPerWrite: Spread;
  /** Of the leader; null where there is no disk. */
  readonly syncsPerWrite: Spread | null;
  /** Writes per second over the floor's syncs per second (overwriting, the quicker one), just before and after. */
  readonly writesPerFloorSync: Spread;
  /** Writes per second over the floor's round trips per second, just before and after. */
  readonly writesPerFloorRoundTrip: Spread;
  readonly notCommitted: number;
  /** Measurements thrown away because the leader changed. */
  readonly repeated: number;
  /** Rounds that count although the leader changed, since it changed in each attempt. */
  readonly disturbedRounds: number;
}

/** What the machine could do, over all rounds of all rows. */
type FloorSummary = { readonly [Name in keyof Floors]: Spread };

/** All that was measured, and what comes of it. */
export interface Report extends Results {
  readonly floors: FloorSummary;
  readonly summaries: readonly RowSummary[];
}

/** Sums up. */
export function reportOf(results: Results): Report {
  const rounds = results.rows.flatMap((row) => row.rounds);
  const floor = (name: keyof Floors): Spread => spread(rounds.map((round) => floorsOf(round)[name]));
  return {
    ...results,
    floors: {
      overwriteSyncsPerSecond: floor('overwriteSyncsPerSecond'),
      appendSyncsPerSecond: floor('appendSyncsPerSecond'),
      roundTripsPerSecond: floor('roundTripsPerSecond'),
    },
    summaries: results.rows.map(summaryOf),
  };
}

function summaryOf({ workload, clients, rounds }: Row): RowSummary {
  const over = (figure: (measurement: Measurement, floors: Floors) => number): Spread =>
    spread(rounds.map((round) => figure(round.measurement, floorsOf(round))));
  const sum = (figure: (round: RoundResult) => number): number => rounds.reduce((total, round) => total + figure(round), 0);
  return {
    workload,
    clients,
    writesPerSecond: over(writesPerSecond),
    p50Ms: over(({ latency }) => latency.p50Ms),
    p99Ms: over(({ latency }) => latency.p99Ms),
    cpuMicrosPerWrite: over(({ cpuMicros, committed }) => cpuMicros.all / committed),
    syncsPerWrite: workload === 'memory' ? null : over(({ syncs, committed }) => (syncs?.leader ?? Number.NaN) / committed),
    writesPerFloorSync: over((measurement, floors) => writesPerSecond(measurement) / floors.overwriteSyncsPerSecond),
    writesPerFloorRoundTrip: over((measurement, floors) => writesPerSecond(measurement) / floors.roundTripsPerSecond),
    notCommitted: sum(({ measurement }) => measurement.notCommitted),
    repeated: sum(({ repeated }) => repeated),
    disturbedRounds: sum(({ measurement }) => (measurement.ledThroughout ? 0 : 1)),
  };
}

/** Around a row: the mean of before and after. */
function floorsOf({ floorsBefore: before, floorsAfter: after }: RoundResult): Floors {
  return {
    overwriteSyncsPerSecond: (before.overwriteSyncsPerSecond + after.overwriteSyncsPerSecond) / 2,
    appendSyncsPerSecond: (before.appendSyncsPerSecond + after.appendSyncsPerSecond) / 2,
    roundTripsPerSecond: (before.roundTripsPerSecond + after.roundTripsPerSecond) / 2,
  };
}

function writesPerSecond({ committed, elapsedMs }: Measurement): number {
  return (committed / elapsedMs) * 1000;
}
