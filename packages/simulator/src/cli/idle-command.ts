import { runPlan } from '../campaign/run-seed.ts';
import { drawPlan } from '../world/draw-plan.ts';
import type { Plan } from '../world/plan.ts';
import { parseCount } from './arguments.ts';
import { type ExitCode, exitCodes } from './exit-codes.ts';
import { describeFailure } from './failures.ts';
import { print } from './table-commands.ts';
import { duration, lookOf, rounded, styled, whole } from './text.ts';

/** An hour of virtual time at a time. */
const hour = 3_600_000_000;

/** Measures how fast a cluster is simulated in which nothing happens but heartbeats: three nodes, time-out 1 s, heartbeat 200 ms. */
export async function idleCommand({ seconds = '3' }: { readonly seconds?: string }): Promise<ExitCode> {
  const look = lookOf(process.stdout);
  const budget = parseCount(seconds, '--seconds');
  const plan = idlePlan();
  // The first hour is for the compiler.
  await runPlan(plan);
  let simulatedUs = 0;
  let events = 0;
  let messages = 0;
  const before = process.cpuUsage();
  let cpu = 0;
  do {
    const history = await runPlan(plan);
    const { failure } = history;
    if (failure !== undefined) {
      print(describeFailure(failure, look));
      return exitCodes.failed;
    }
    simulatedUs += history.simulatedUs;
    events += history.events;
    messages += history.stats.messages;
    const { user, system } = process.cpuUsage(before);
    cpu = (user + system) / 1e6;
  } while (cpu < budget);
  const simulated = simulatedUs / 1e6;
  print([
    `an idle cluster: ${plan.voters} nodes, election time-out ${plan.config.electionTimeoutMs} ms, heartbeat ${plan.config.heartbeatIntervalMs} ms, every invariant watched`,
    `${duration(simulated)} in ${duration(cpu)} of CPU time: ${styled('bold', rounded(simulated / cpu), look)} cluster-seconds per CPU-second`,
    `${whole(events)} events, ${whole(messages)} messages: ${(messages / simulated).toFixed(1)} messages a second`,
  ]);
  return exitCodes.ok;
}

function idlePlan(): Plan {
  const plan = drawPlan(1, { level: 'protocol', profile: 'idle', voters: 3 });
  return {
    ...plan,
    config: { ...plan.config, electionTimeoutMs: 1000, heartbeatIntervalMs: 200 },
    preformed: true,
    formInPeace: false,
    chaos: hour,
    latency: 1000,
    encoded: false,
    diskLatency: 1000,
    gather: 0,
    applyDelay: 0,
    clockRates: [1, 1, 1],
    clients: { ...plan.clients, count: 0 },
    faults: [],
    survivors: 7,
  };
}
