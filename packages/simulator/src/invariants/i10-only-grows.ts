import type { ProtocolStatus } from '@raft/core';
import type { Invariant } from './invariant.ts';
import type { Subject } from './observer.ts';
import { broken } from './violation.ts';

const id = 'I10';

/** The term, the vote within a term, the commit index, the index applied, and each matchIndex within a leadership. */
export const onlyGrows: Invariant = {
  id,
  name: 'term, vote, commit, applied and match never go back',
  paper: '§5.1, Figure 2',
  tla: 'MonotonicTermProp, MonotonicCommitIndexProp, MonotonicMatchIndexProp',
  watch: ({ ledger }) => {
    /** Node → term of its leadership, and each follower's matchIndex in it. */
    const leaderships: { term: number; readonly matched: Map<string, number> }[] = [];
    const matches = (node: Subject, { term, followers }: ProtocolStatus): void => {
      let leadership = leaderships[node.index];
      if (leadership === undefined || leadership.term !== term) {
        leadership = { term, matched: new Map() };
        leaderships[node.index] = leadership;
      }
      for (const peer in followers) {
        const follower = followers[peer];
        if (follower === undefined) continue;
        const { matchIndex, nextIndex } = follower;
        const before = leadership.matched.get(peer) ?? 0;
        if (matchIndex < before) broken(id, `${node.id}: the matchIndex of ${peer} fell from ${before} to ${matchIndex} in term ${term}`);
        if (matchIndex >= nextIndex) broken(id, `${node.id}: matchIndex ${matchIndex}, nextIndex ${nextIndex} of ${peer}`);
        if (matchIndex > before) leadership.matched.set(peer, matchIndex);
      }
    };
    return {
      started(node, { commitIndex }) {
        const { lastCommitted } = ledger;
        if (commitIndex > lastCommitted) broken(id, `${node.id} starts with commit index ${commitIndex}, committed is ${lastCommitted}`);
      },
      stepped(node, { term, votedFor, commitIndex }) {
        const life = ledger.life(node);
        if (term < life.term) broken(id, `the term of ${node.id} fell from ${life.term} to ${term}`);
        if (term === life.term && life.votedFor !== null && votedFor !== life.votedFor) {
          broken(id, `the vote of ${node.id} in term ${term} changed from ${life.votedFor} to ${votedFor}`);
        }
        if (commitIndex < life.commitIndex) broken(id, `the commit index of ${node.id} fell from ${life.commitIndex} to ${commitIndex}`);
      },
      leading: matches,
      applies(node, { entry }) {
        const { applied } = ledger.life(node);
        if (entry.index <= applied) broken(id, `${node.id} applies ${entry.index} after ${applied}`);
      },
    };
  },
};
