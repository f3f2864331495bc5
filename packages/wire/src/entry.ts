import type { Bytes } from './bytes.ts';

/** What an entry carries: a command of the state machine, nothing (a new leader's first entry, paper §8), or a configuration. */
export const entryKinds = ['command', 'noop', 'configuration'] as const;
export type EntryKind = (typeof entryKinds)[number];

/**
 * One log entry. `bytes` is its only binary form, the same on the wire and on disk: a leader encodes it once, a
 * follower stores what it received. The payload is `bytes` behind the header: see {@link entryData}.
 *
 * Immutable, bytes included: it is shared by the log, the network and the applier.
 */
export interface Entry {
  readonly index: number;
  readonly term: number;
  readonly kind: EntryKind;
  /** Milliseconds of cluster time, for sessions and leases; 0 while neither is in use. */
  readonly time: number;
  readonly bytes: Bytes;
}
