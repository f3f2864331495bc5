import { agreement } from './agreement.ts';
import { elections } from './elections.ts';
import type { Scenario, WaitingScenario } from './scenario.ts';

/** Every scenario, in the order of the list that they come from. */
export const scenarios: readonly Scenario[] = [...elections, ...agreement];

/** Those whose feature is not there yet. */
export const waitingScenarios: readonly WaitingScenario[] = [];
