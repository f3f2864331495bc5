import type { Invariant } from './invariant.ts';
import type { Subject } from './observer.ts';
import { broken } from './violation.ts';

const id = 'I02';

/** In one term a storage speaks for one candidate, itself included. Looked at where it counts: when the message leaves. */
export const oneVotePerTerm: Invariant = {
  id,
  name: 'one vote per voter and term',
  paper: '§5.2, Figure 2',
  watch: () => {
    /** Storage and term → the candidate. */
    const grants = new Map<string, Map<number, string>>();
    const speaksFor = (node: Subject, term: number, candidate: string): void => {
      const { storageId } = node.disk;
      const byTerm = grants.get(storageId) ?? new Map<number, string>();
      grants.set(storageId, byTerm);
      const before = byTerm.get(term);
      if (before !== undefined && before !== candidate) {
        broken(id, `${node.id} votes for ${candidate} in term ${term}, and has voted for ${before}`);
      }
      byTerm.set(term, candidate);
    };
    return {
      sends(node, to, message) {
        if (message.type === 'RequestVote') speaksFor(node, message.term, node.id);
        else if (message.type === 'RequestVoteReply' && message.granted) speaksFor(node, message.term, to.id);
      },
    };
  },
};
