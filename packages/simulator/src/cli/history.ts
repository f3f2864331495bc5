import { type History, runPlan } from '../campaign/run-seed.ts';
import { ndjson } from '../trace/ndjson.ts';
import { traceHeader } from '../trace/trace.ts';
import { Cluster } from '../world/cluster.ts';
import type { Plan } from '../world/plan.ts';
import { describeFailure } from './failures.ts';

export interface TraceFlags {
  /** One line of fixed columns for each event. */
  readonly trace?: boolean;
  /** One JSON object for each event, with the state variables of Figure 2. */
  readonly ndjson?: boolean;
}

/** Runs a plan, and prints what happened in it if somebody asked for it. */
export async function printHistory(plan: Plan, flags: TraceFlags): Promise<History> {
  if (flags.ndjson === true) await printNdjson(plan);
  const history = await runPlan(plan, { readable: flags.trace === true });
  if (flags.trace === true) printTrace(history);
  return history;
}

/** The last line says what broke. */
export function printTrace({ lines, failure }: Pick<History, 'lines' | 'failure'>): void {
  const end = failure === undefined ? [] : describeFailure(failure, { width: Number.POSITIVE_INFINITY, colours: false });
  process.stdout.write([traceHeader, ...lines, ...end].map((line) => `${line}\n`).join(''));
}

async function printNdjson(plan: Plan): Promise<void> {
  const lines: string[] = [];
  const flush = (): void => {
    process.stdout.write(lines.map((line) => `${line}\n`).join(''));
    lines.length = 0;
  };
  const observer = ndjson({
    now: () => cluster.now,
    write: (line) => {
      lines.push(line);
      if (lines.length >= 1000) flush();
    },
  });
  const cluster = new Cluster(plan, { observers: [observer] });
  try {
    await cluster.run();
  } catch {
    // What broke is told by the run that follows.
  }
  flush();
}
