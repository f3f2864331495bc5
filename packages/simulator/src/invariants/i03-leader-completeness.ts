import type { Invariant } from './invariant.ts';
import { broken } from './violation.ts';

const id = 'I03';

/**
 * A leader's log holds all that leaders of lower terms committed; and only what a leader committed is held for committed. The last such entry
 * stands for those before it, by log matching.
 */
export const leaderCompleteness: Invariant = {
  id,
  name: 'leader completeness',
  paper: '§5.4, Figure 3',
  tla: 'LeaderCompleteness',
  watch: ({ ledger }) => ({
    elected(node, { term }) {
      let index = ledger.lastCommitted;
      while ((ledger.committedAt(index)?.byTerm ?? 0) >= term) index--;
      const wanted = ledger.committedAt(index)?.term;
      const found = ledger.life(node).model.termAt(index);
      if (found !== wanted) broken(id, `${node.id} leads term ${term} without ${index}@${wanted}: there it has term ${found}`);
    },
    stepped(node, { role, commitIndex }) {
      // What a leader commits becomes what is committed. It may have stepped down since, in the same turn.
      if (role === 'leader' || ledger.life(node).role === 'leader') return;
      const { lastCommitted } = ledger;
      if (commitIndex > Math.max(1, lastCommitted)) {
        broken(id, `${node.id} holds ${commitIndex} for committed, leaders committed ${lastCommitted}`);
      }
    },
  }),
};
