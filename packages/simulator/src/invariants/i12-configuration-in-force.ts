import type { ProtocolStatus } from '@raft/core';
import type { Configuration } from '@raft/wire';
import type { Invariant } from './invariant.ts';
import type { Subject } from './observer.ts';
import { broken } from './violation.ts';

const id = 'I12';

/** The configuration in force is the last one in the log, else the snapshot's. Today there is one in a cluster's life: nobody forms another. */
export const configurationInForce: Invariant = {
  id,
  name: 'the configuration in force is the last one in log or snapshot',
  paper: 'thesis §4.1',
  partWaitsFor: 'membership changes',
  watch: ({ ledger }) => {
    /** As last seen per node: the same object until it changes. */
    const seen: (Configuration | null)[] = [];
    const inForce = (node: Subject, { configuration }: ProtocolStatus): void => {
      if (seen[node.index] === configuration || ledger.configuration === undefined) return;
      seen[node.index] = configuration;
      if (configuration === null || sameMembers(ledger.configuration, configuration)) return;
      broken(id, `${node.id} has another configuration in force than the one in the log: ${JSON.stringify(configuration)}`);
    };
    return {
      configured(entry, configuration) {
        if (ledger.configuration === undefined || sameMembers(ledger.configuration, configuration)) return;
        broken(id, `the cluster formed twice, with different members; the second time by ${entry.index}@${entry.term}`);
      },
      started: inForce,
      leading: inForce,
    };
  },
};

function sameMembers(one: Configuration, other: Configuration): boolean {
  return (
    one === other ||
    (one.voters.length === other.voters.length &&
      one.voters.every(({ id, storageId }, at) => other.voters[at]?.id === id && other.voters[at]?.storageId === storageId))
  );
}
