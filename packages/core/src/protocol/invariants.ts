import { RaftError } from '@raft/wire';

/**
 * Stops the node when something that must always hold does not: going on could lose what was promised. Always on.
 *
 * `detail` is a function so that a holding invariant costs no string.
 */
export function invariant(holds: boolean, detail: () => string): asserts holds {
  if (!holds) throw new RaftError('invariantViolated', `invariant violated: ${detail()}`);
}
