import type { Invariant } from './invariant.ts';
import { broken } from './violation.ts';

const id = 'acknowledged-equals-leader';

/** An acknowledgement says: equal to the leader's log up to there. The leader's log of a term only grows in it, so the answer never gets too late. */
export const acknowledgedEqualsLeader: Invariant = {
  id,
  name: "what is acknowledged equals the leader's log",
  paper: '§5.3, Figure 2, AppendEntries',
  tla: 'MatchIndexBoundedByLogInv',
  watch: ({ ledger }) => ({
    sends(node, to, message) {
      if (message.type !== 'AppendEntriesReply' || !message.success || message.matchIndex === 0) return;
      const { matchIndex, term } = message;
      const theirs = ledger.logOfLeader(term)?.termAt(matchIndex) ?? 0;
      const ours = node.disk.termAt(matchIndex);
      if (ours === undefined || theirs === 0 || ours === theirs) return;
      broken(id, `${node.id} acknowledges ${matchIndex} to ${to.id}: here it has term ${ours}, there ${theirs}`);
    },
  }),
};
