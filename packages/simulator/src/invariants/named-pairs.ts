import type { Invariant } from './invariant.ts';
import { broken } from './violation.ts';

const id = 'named-pairs';

/** Only a pair of id and storage that the configuration names votes or is replicated to: a node with a wiped disk is never believed. */
export const namedPairs: Invariant = {
  id,
  name: 'only named pairs of node and storage vote and are sent entries',
  paper: 'this design',
  watch: ({ ledger }) => ({
    sends(node, to, message) {
      const { type } = message;
      if (type === 'RequestVoteReply' && message.granted && !ledger.isNamed(node.id, node.disk.storageId)) {
        broken(id, `${node.id} votes, and no configuration names its storage`);
      }
      if ((type === 'AppendEntries' || type === 'InstallSnapshot') && !ledger.isNamed(to.id, to.storageId)) {
        broken(id, `${node.id} replicates to ${to.id}/${to.storageId}, which no configuration names`);
      }
    },
  }),
};
