import type { Invariant } from './invariant.ts';
import { broken } from './violation.ts';

const id = 'I07';

/** Nothing committed is ever cut or replaced, and each commit goes on from the one before. */
export const committedStays: Invariant = {
  id,
  name: 'what is committed never changes',
  paper: '§5.4.3, Figure 3',
  tla: 'CommittedLogAppendOnlyProp',
  watch: ({ ledger }) => ({
    writes(node, { truncateFrom }, { commitIndex }) {
      if (truncateFrom === undefined || truncateFrom > commitIndex) return;
      broken(id, `${node.id} cuts its log at ${truncateFrom}, its commit index is ${commitIndex}`);
    },
    drops(node, from, term) {
      const { model } = ledger.life(node);
      for (let index = from; index <= model.lastIndex; index++) {
        const known = ledger.committedAt(index);
        if (known === undefined) return;
        // One that was cut off may not know yet what later terms committed: then it holds another entry there.
        if (known.byTerm <= term && model.termAt(index) === known.term) {
          broken(id, `${node.id} drops ${index}@${known.term}, committed in term ${known.byTerm}`);
        }
      }
    },
    committed(node, index, term) {
      const last = ledger.lastCommitted;
      const wanted = ledger.committedAt(last)?.term;
      const found = ledger.life(node).model.termAt(last);
      if (found !== wanted) {
        broken(id, `${node.id} commits ${index} in term ${term} behind ${last}@${found}; committed there was term ${wanted}`);
      }
    },
  }),
};
