import type { Invariant } from './invariant.ts';
import { broken } from './violation.ts';

const id = 'I13';

/** Whoever leads is a member; no configuration is appended while another is not committed. */
export const oneConfigurationInChange: Invariant = {
  id,
  name: 'the leader is a member, at most one configuration is uncommitted',
  paper: 'thesis §4.1, §4.2.2',
  partWaitsFor: 'membership changes',
  watch: ({ ledger }) => ({
    elected(node) {
      if (!ledger.isNamed(node.id, node.disk.storageId)) broken(id, `${node.id} leads, and no configuration names its storage`);
    },
    configured({ index, term }) {
      const { configurationIndex: before, lastCommitted } = ledger;
      if (before === 0 || before === index || before <= lastCommitted) return;
      broken(id, `configuration ${index}@${term} is appended while that of ${before} is not committed`);
    },
  }),
};
