import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Cluster, type Measurement } from './cluster.ts';
import { type Conditions, conditionsOf } from './conditions.ts';
import { FloorMeter, type Floors } from './floors.ts';
import type { Options, WorkloadName } from './options.ts';

/** One row in one round: what the cluster did, and what the machine could do just before and just after. */
export interface RoundResult {
  readonly round: number;
  readonly floorsBefore: Floors;
  readonly floorsAfter: Floors;
  readonly measurement: Measurement;
  /** Measurements thrown away because the leader changed while they ran. */
  readonly repeated: number;
}

/** A workload at a number of clients. */
export interface Row {
  readonly workload: WorkloadName;
  readonly clients: number;
  readonly rounds: readonly RoundResult[];
}

/** All that one run of the bench measured. */
export interface Results {
  readonly conditions: Conditions;
  readonly options: Options;
  readonly valueBytes: number;
  readonly rows: readonly Row[];
}

export interface RunOptions {
  readonly options: Options;
  /** Ends the run; what it started and made is gone when `run` rejects. */
  readonly signal: AbortSignal;
  /** Told what comes next. */
  readonly progress: (text: string) => void;
}

/** Each floor is measured for as long as a row, but not longer than this. */
const maxFloorSeconds = 0.5;
/** A row is warmed up for a quarter of its time, but not longer than this. */
const maxWarmUpSeconds = 1;
const attempts = 3;

/**
 * Runs all rows in rounds, and floors between any two: what slows the machine down for a while slows rows and floors
 * alike, and a row's ratio to the floors around it stays true.
 */
export async function run({ options, signal, progress }: RunOptions): Promise<Omit<Results, 'valueBytes'>> {
  await using stack = new AsyncDisposableStack();
  const directory = await realpath(await mkdtemp(join(options.directory ?? tmpdir(), 'raft-bench-')));
  stack.defer(() => rm(directory, { recursive: true, force: true, maxRetries: 3 }));
  const conditions = await conditionsOf(directory);
  const meter = stack.use(await FloorMeter.start({ directory, signal }));
  const clusters = new Map<WorkloadName, Cluster>();
  for (const workload of options.workloads) {
    progress(`starting ${workload}`);
    clusters.set(
      workload,
      stack.use(await Cluster.start({ workload, directory, stages: options.stages, config: options.config ?? {}, signal })),
    );
  }
  const rows = options.workloads.flatMap((workload) =>
    options.clients.map((clients) => ({ workload, clients, rounds: [] as RoundResult[] })),
  );
  const floorSeconds = Math.min(options.seconds, maxFloorSeconds);
  let floorsBefore = await meter.measure(floorSeconds);
  for (let round = 1; round <= options.rounds; round += 1) {
    for (const row of rows) {
      const cluster = clusters.get(row.workload);
      if (cluster === undefined) continue;
      progress(`round ${round} of ${options.rounds}: ${row.workload}, ${row.clients} clients`);
      const file = `${row.workload}-${row.clients}-clients-round-${round}`;
      const profile = options.profile === undefined ? {} : { profilePath: resolve(options.profile, file) };
      const measured = await measureUndisturbed({ cluster, clients: row.clients, seconds: options.seconds, ...profile });
      const floorsAfter = await meter.measure(floorSeconds);
      row.rounds.push({ round, floorsBefore, floorsAfter, ...measured });
      floorsBefore = floorsAfter;
    }
  }
  return { conditions, options, rows };
}

async function measureUndisturbed(options: { cluster: Cluster; clients: number; seconds: number; profilePath?: string }) {
  const { cluster, ...measuring } = options;
  const warmUpSeconds = Math.min(options.seconds / 4, maxWarmUpSeconds);
  for (let repeated = 0; ; repeated += 1) {
    const measurement = await cluster.measure({ ...measuring, warmUpSeconds });
    if (measurement.ledThroughout || repeated + 1 === attempts) return { measurement, repeated };
  }
}
