import { RaftError } from '@raft/wire';
import * as z from 'zod';
import { type Plan, planSchema } from '../world/plan.ts';
import type { Failure, History } from './run-seed.ts';

/** So many of the last lines of the trace go along, for whoever reads the file before replaying it. */
const keptLines = 200;

const replaySchema = z.strictObject({
  format: z.literal('raft-sim replay'),
  version: z.literal(1),
  /** Version and commit of what ran: other code may have another history. */
  code: z.string(),
  failure: z.strictObject({ seed: z.number(), invariant: z.string(), message: z.string(), at: z.number() }),
  /** Seed, configuration and faults: all that the history follows from. */
  plan: planSchema,
  /** How it ended. */
  trace: z.array(z.string()).readonly(),
});

/** A failing history as a file: what to run to see it again, and how it ended. */
export type Replay = z.infer<typeof replaySchema>;

/** `history`: with its trace. */
export function replayOf(options: {
  readonly code: string;
  readonly plan: Plan;
  readonly failure: Failure;
  readonly history: Pick<History, 'lines'>;
}): Replay {
  const { code, plan, failure, history } = options;
  return { format: 'raft-sim replay', version: 1, code, failure, plan, trace: history.lines.slice(-keptLines) };
}

/**
 * Reads such a file.
 *
 * @throws RaftError `invalidArgument` saying what is wrong with it.
 */
export function parseReplay(text: string): Replay {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new RaftError('invalidArgument', 'not a replay file: it is no JSON', { cause: error });
  }
  const parsed = replaySchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new RaftError('invalidArgument', `not a replay file of this version: ${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`);
}
