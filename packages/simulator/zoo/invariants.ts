/** An invariant, and a bug that it sees and that slips through without it; or why there is none. */
export type SwitchedOff =
  | {
      readonly invariant: string;
      /** Name of a bug that this invariant is the first to see, and that nothing sees without it. */
      readonly bug: string;
      /**
       * Others see the bug too, sooner or later: no invariant but this one is watched, in the second run none at all. So it is this one that makes
       * the difference.
       */
      readonly alone?: true;
      /** The protocol's own assertions see it too, and stop the node: they are taken out in both runs. */
      readonly withoutAssertions?: true;
      /** So many seeds are run: behind them something shows that can't be switched off, such as a cluster that is stuck. */
      readonly seeds?: number;
    }
  | { readonly invariant: string; readonly reason: string };

/** Every row of the table of invariants. */
export const invariantsToSwitchOff: readonly SwitchedOff[] = [
  { invariant: 'I01', bug: 'a late pre-vote counts in the election that followed it', alone: true, withoutAssertions: true },
  { invariant: 'I02', bug: 'votes twice in a term', alone: true, withoutAssertions: true },
  { invariant: 'I03', bug: 'logs are compared by index only', alone: true, withoutAssertions: true, seeds: 30 },
  { invariant: 'I04', bug: 'the previous entry is not compared', alone: true },
  { invariant: 'I05', bug: 'the leader counts entries that it has not synced', alone: true, withoutAssertions: true },
  { invariant: 'I06', bug: 'entries of earlier terms are committed by counting' },
  { invariant: 'I07', bug: 'the first append of a new leader cuts what is behind it' },
  { invariant: 'I08', bug: 'a heartbeat commits without a look at the log', alone: true, withoutAssertions: true, seeds: 35 },
  { invariant: 'I09', bug: 'a query changes the state that it looks at' },
  { invariant: 'I10', bug: 'a late append takes the commit index back', alone: true, seeds: 80 },
  { invariant: 'I11', bug: 'entries are applied, and answered, when they are appended', alone: true, seeds: 15 },
  { invariant: 'I12', reason: 'a second configuration can’t come into a log before there are membership changes' },
  { invariant: 'I13', reason: 'a second configuration can’t come into a log before there are membership changes' },
  { invariant: 'I14', reason: 'waits for leases' },
  { invariant: 'I15', bug: 'a leader serves reads without asking anybody' },
  { invariant: 'I16', bug: 'the refusal of an append of an earlier term answers a round of this one' },
  { invariant: 'I17', bug: 'a forwarded proposal is taken each time it comes', alone: true },
  {
    invariant: 'I18',
    reason:
      'the simulated device that a node recovers from holds it too, and can’t be told not to: see “a write is acknowledged without a sync, seen by a node over it”',
  },
  {
    invariant: 'I19',
    reason: 'it is a part of the liveness phase, which nobody switches off: see “after a refusal the leader sends the same again”',
  },
  { invariant: 'I20', bug: 'the window is counted in bytes only' },
  { invariant: 'I21', reason: 'no observer: a test runs seeds twice, and on every platform' },
  { invariant: 'I22', reason: 'whoever runs a seed sees what it throws: see “a refusal that comes late is read as lost data”' },
  {
    invariant: 'leader-append-only',
    bug: 'who is elected rolls its log back to its commit index',
    alone: true,
    withoutAssertions: true,
    seeds: 15,
  },
  { invariant: 'durable-before-sent', bug: 'a vote waits for its term only, not for itself' },
  { invariant: 'acknowledged-equals-leader', bug: 'a follower acknowledges up to its own last entry', seeds: 35 },
  { invariant: 'named-pairs', bug: 'a member is replicated to and counted by its id alone, whatever its disk', alone: true, seeds: 60 },
  { invariant: 'read-index', bug: 'a fresh leader serves reads', alone: true },
  {
    invariant: 'storage-contract',
    reason:
      'the simulated disk refuses such a batch too (`storage`), but later: when it is written, not when it is asked for. See “a truncation is not persisted”',
  },
  {
    invariant: 'tickets',
    reason:
      'a message that waits for a ticket that nobody hands out is never sent, so the cluster is stuck: the liveness phase sees that too, but not why. See “a message waits for the write behind the one that holds what it says”',
  },
  {
    invariant: 'whole-snapshots',
    reason:
      'the simulated transfer refuses a chunk that is not the next one (`S09`) before a snapshot is made of it: see “chunks of several snapshots are mixed”',
  },
];
