import type { Invariant } from './invariant.ts';
import { broken } from './violation.ts';

const id = 'I11';

/** compacted <= snapshot <= commit <= last; applied <= commit. */
export const indicesInOrder: Invariant = {
  id,
  name: 'compacted, snapshot, applied, commit and last are in order',
  paper: '§7, Figures 2 and 13',
  watch: ({ ledger }) => ({
    stepped(node, { firstIndex: first, snapshotIndex: snapshot, commitIndex: commit, lastIndex: last }) {
      if (first - 1 <= snapshot && snapshot <= commit && commit <= last) return;
      broken(id, `${node.id}: first ${first}, snapshot ${snapshot}, commit ${commit}, last ${last}`);
    },
    took(node, { committed }) {
      const { commitIndex } = ledger.life(node);
      if (committed === undefined || (committed.from <= committed.to && committed.to <= commitIndex)) return;
      broken(id, `${node.id} applies ${committed.from}..${committed.to}, commit index ${commitIndex}`);
    },
    applies(node, { entry }) {
      const { commitIndex } = ledger.life(node);
      if (entry.index > commitIndex) broken(id, `${node.id} applies ${entry.index}, its commit index is ${commitIndex}`);
    },
  }),
};
