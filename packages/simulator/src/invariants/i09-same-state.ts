import type { Invariant } from './invariant.ts';
import { broken } from './violation.ts';

const id = 'I09';

/** All state machines hold the same at the same index, whichever way they came to it. */
export const sameState: Invariant = {
  id,
  name: 'one state at each index',
  paper: '§2, §5.4.3',
  watch: ({ ledger }) => ({
    applies(node, { entry, digest }) {
      const known = ledger.canonicalAt(entry.index);
      if (known !== undefined && known.digest !== digest) broken(id, `${node.id} comes to another state at ${entry.index}`);
    },
    restores(node, { index, digest }) {
      if (digest === undefined) return;
      if (ledger.canonicalAt(index)?.digest !== digest) broken(id, `${node.id} restores another state at ${index} than was applied there`);
    },
  }),
};
