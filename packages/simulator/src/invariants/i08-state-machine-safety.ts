import { sameBytes } from '../world/bytes.ts';
import type { Invariant } from './invariant.ts';
import { broken } from './violation.ts';

const id = 'I08';

/** At one index every node applies the same committed entry, in order and without a gap. A snapshot stands for committed entries only. */
export const stateMachineSafety: Invariant = {
  id,
  name: 'state machine safety',
  paper: '§5.4.3, Figure 3',
  tla: 'StateMachineSafety',
  watch: ({ ledger }) => ({
    writes(node, { snapshot }) {
      if (snapshot === undefined) return;
      const { lastIncludedIndex: index, lastIncludedTerm: term } = snapshot;
      if (ledger.committedAt(index)?.term !== term) broken(id, `${node.id} takes a snapshot at ${index}@${term}, which was not committed`);
    },
    applies(node, { entry }) {
      const { index, term } = entry;
      const { applied } = ledger.life(node);
      if (index !== applied + 1) broken(id, `${node.id} applies ${index} after ${applied}`);
      const committed = ledger.committedAt(index);
      if (committed?.term !== term) broken(id, `${node.id} applies ${index}@${term}, committed was ${committed?.term}`);
      const written = ledger.entryAt(index, term);
      if (written === undefined || !sameBytes(written.bytes, entry.bytes)) broken(id, `${node.id} applies other bytes at ${index}@${term}`);
    },
    restores(node, { index }) {
      const { applied } = ledger.life(node);
      if (index < applied) broken(id, `${node.id} restores ${index} over ${applied}`);
    },
  }),
};
