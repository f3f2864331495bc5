import { agreement } from './agreement.ts';
import { beyond, waiting } from './beyond.ts';
import { beyondLogs } from './beyond-logs.ts';
import { churn } from './churn.ts';
import { elections } from './elections.ts';
import { figureEight } from './figure-8.ts';
import { kv } from './kv.ts';
import { persistence } from './persistence.ts';
import type { Scenario, WaitingScenario } from './scenario.ts';
import { snapshots } from './snapshots.ts';
import { stateMachineLayer } from './state-machine-layer.ts';

/** Every scenario, in the order of the list that they come from. */
export const scenarios: readonly Scenario[] = [
  ...elections,
  ...agreement,
  ...persistence,
  ...figureEight,
  ...churn,
  ...snapshots,
  ...stateMachineLayer,
  ...kv,
  ...beyond,
  ...beyondLogs,
];

/** Those whose feature is not there yet. */
export const waitingScenarios: readonly WaitingScenario[] = waiting;
