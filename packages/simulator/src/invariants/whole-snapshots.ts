import type { Invariant } from './invariant.ts';
import { broken } from './violation.ts';

const id = 'whole-snapshots';

/** What is restored is one snapshot, whole: no chunk is missing, and none is of another. */
export const wholeSnapshots: Invariant = {
  id,
  name: 'a snapshot arrives whole and unmixed',
  paper: '§7, Figure 13',
  watch: () => ({
    restores(node, { index, digest }) {
      if (digest === undefined) broken(id, `${node.id} restores bytes at ${index} that are no whole snapshot`);
    },
  }),
};
