import type { Invariant } from './invariant.ts';
import { broken } from './violation.ts';

const id = 'I01';

/** Whoever speaks as leader of a term was elected in it, and nobody else was. */
export const oneLeaderPerTerm: Invariant = {
  id,
  name: 'one leader per term',
  paper: '§5.2, Figure 3',
  tla: 'ElectionSafety',
  watch: ({ ledger }) => ({
    elected(node, { term }) {
      const other = ledger.leaderOf(term);
      if (other !== undefined && other !== node.index) broken(id, `${node.id} and n${other} both lead term ${term}`);
    },
    sends(node, _to, { type, term }) {
      if (type !== 'AppendEntries' && type !== 'InstallSnapshot') return;
      const leader = ledger.leaderOf(term);
      if (leader !== node.index) broken(id, `${node.id} speaks as leader of term ${term}, elected was n${leader}`);
    },
  }),
};
