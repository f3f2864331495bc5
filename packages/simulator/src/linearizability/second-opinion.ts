import { Violation } from '../invariants/violation.ts';
import { checkLinearizable } from './checker.ts';
import { explain } from './explain.ts';
import type { History } from './history.ts';
import { type KvAnswer, type KvInput, kvModel } from './kv-model.ts';

/** A search that takes more steps than these, per key, is given up: its history counts as undecided, never as passed. */
const maxSteps = 200_000;

/**
 * Searches an order for what the clients saw, knowing nothing of the log that the first opinion (I15) takes as its witness.
 *
 * @throws Violation `linearizable` when there is none, with the longest prefix that has one.
 */
export function askSecondOpinion(history: History<KvInput, KvAnswer>): 'ok' | 'unknown' {
  const verdict = checkLinearizable(kvModel, history, { maxSteps });
  if (verdict.outcome !== 'broken') return verdict.outcome;
  throw new Violation('linearizable', ['what clients saw has no order', ...explain(kvModel, verdict.counterexample)].join('\n'));
}
