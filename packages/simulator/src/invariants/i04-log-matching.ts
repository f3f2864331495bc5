import { sameBytes } from '../world/bytes.ts';
import type { Invariant } from './invariant.ts';
import { broken } from './violation.ts';

const id = 'I04';

/** An index and a term name one entry; and so, by induction over the term of the entry before it, all entries before it. */
export const logMatching: Invariant = {
  id,
  name: 'log matching',
  paper: '§5.3, Figure 3',
  tla: 'LogMatching',
  watch: ({ ledger }) => ({
    stores(node, entry, previousTerm) {
      const { index, term } = entry;
      const { lastIndex } = ledger.life(node).model;
      if (lastIndex !== index - 1) broken(id, `${node.id} writes ${index} behind ${lastIndex}`);
      const known = ledger.entryAt(index, term);
      if (known === undefined) return;
      if (!sameBytes(known.bytes, entry.bytes)) broken(id, `${node.id} has another entry at ${index}@${term} than others had`);
      // Behind a snapshot that replaced the log the term before may be unknown.
      if (previousTerm !== known.previousTerm && previousTerm !== 0 && known.previousTerm !== 0) {
        broken(id, `${node.id} has ${index}@${term} behind term ${previousTerm}, others had it behind ${known.previousTerm}`);
      }
    },
  }),
};
