import type { Configuration, Member, NodeId, Peer } from '@raft/wire';

/** How many of `voters` are a majority: floor(n / 2) + 1 (paper §5.1). */
export function majority(voters: number): number {
  return Math.floor(voters / 2) + 1;
}

/**
 * The largest value that a majority has reached, given each voter's own. This one rule answers "committed up to
 * where" from matchIndex, "confirmed up to which read round", and "in touch with a majority since when".
 */
export function quorumValue(configuration: Configuration, reached: (voter: Member) => number): number {
  const values = configuration.voters.map(reached).sort((a, b) => b - a);
  return values[majority(values.length) - 1] ?? 0;
}

/** Whether a majority is among `granted`. */
export function isQuorum(configuration: Configuration, granted: ReadonlySet<NodeId>): boolean {
  return configuration.voters.filter((voter) => granted.has(voter.id)).length >= majority(configuration.voters.length);
}

/** Whether the configuration names exactly this id with exactly this storage: a wiped disk is a stranger. */
export function names(configuration: Configuration | null, peer: Peer): boolean {
  // A plain loop: every message is asked this.
  for (const voter of configuration?.voters ?? []) if (voter.id === peer.id && voter.storageId === peer.storageId) return true;
  return false;
}
