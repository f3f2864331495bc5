import type { Invariant } from './invariant.ts';
import { broken } from './violation.ts';

const id = 'I06';

/** A leader counts copies only of entries of its own term; those of earlier terms are committed by being below one. */
export const ownTermByCounting: Invariant = {
  id,
  name: 'only entries of its own term are committed by counting',
  paper: '§5.4.2, Figure 8',
  tla: 'NeverCommitEntryPrevTermsProp',
  watch: ({ ledger }) => ({
    committed(node, index, term) {
      const found = ledger.life(node).model.termAt(index);
      if (found !== term) broken(id, `the leader of term ${term} commits ${index}, an entry of term ${found}, by counting`);
    },
  }),
};
