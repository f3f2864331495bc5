import type { Invariant } from './invariant.ts';
import { broken } from './violation.ts';

const id = 'leader-append-only';

/** A leader never overwrites or removes an entry of its log. */
export const leaderAppendOnly: Invariant = {
  id,
  name: 'a leader only appends',
  paper: '§5.3, Figure 3',
  tla: 'LeaderAppendOnly',
  watch: ({ ledger }) => ({
    stepped(node, { role, term, lastIndex }) {
      const life = ledger.life(node);
      if (role !== 'leader' || life.role !== 'leader' || life.term !== term) return;
      if (lastIndex < life.lastIndex)
        broken(id, `the log of ${node.id}, leader of term ${term}, shrank from ${life.lastIndex} to ${lastIndex}`);
    },
    drops(node, from) {
      const { role, term } = ledger.life(node);
      if (role === 'leader') broken(id, `${node.id}, leader of term ${term}, drops its log from ${from}`);
    },
  }),
};
