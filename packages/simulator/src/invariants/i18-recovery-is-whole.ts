import type { Invariant } from './invariant.ts';
import { broken } from './violation.ts';

const id = 'I18';

/** A node starts with all that its disk holds, and so with all that it ever acknowledged. */
export const recoveryIsWhole: Invariant = {
  id,
  name: 'a node starts with all that it acknowledged',
  paper: 'Figure 2, persistent state',
  watch: () => ({
    started(node, { term, votedFor, lastIndex }) {
      const { disk } = node;
      // Alone, it forms its cluster in the moment of its first start.
      if (disk.clusterId === undefined && lastIndex === 1) return;
      const { currentTerm, votedFor: vote } = disk.hardState;
      if (term !== currentTerm) broken(id, `${node.id} starts in term ${term}, on disk is ${currentTerm}`);
      if (votedFor !== vote) broken(id, `${node.id} starts with a vote for ${votedFor}, on disk is ${vote}`);
      const last = Math.max(disk.lastIndex, disk.snapshot?.meta.lastIncludedIndex ?? 0);
      if (lastIndex !== last) broken(id, `${node.id} starts with last index ${lastIndex}, on disk is ${last}`);
    },
  }),
};
