import type { Vitals } from '@raft/core';
import type { Message } from '@raft/wire';
import type { Observer } from '../invariants/observer.ts';
import type { Stats } from './stats.ts';

/** Counts whatever can be seen from outside into the statistics of a history. Faults count themselves. */
export function countInto(stats: Stats): Observer {
  const before: (Vitals | undefined)[] = [];
  /** Operations that a leader took into its log, by now without an end. */
  const appended = new Set<number>();
  return {
    started(node, status) {
      before[node.index] = status;
    },
    stepped(node, vitals) {
      const last = before[node.index];
      before[node.index] = vitals;
      if (vitals.role === 'leader' && (last?.role !== 'leader' || last.term !== vitals.term)) stats.elections++;
      if (vitals.timersSlowed && last?.timersSlowed !== true) stats.timersSlowed++;
    },
    took(_node, { outcomes }) {
      for (const outcome of outcomes) if ('appended' in outcome) appended.add(outcome.id);
    },
    writes(_node, { truncateFrom }) {
      if (truncateFrom !== undefined) stats.truncations++;
    },
    sends(_node, _to, message) {
      stats.messages++;
      countMessage(stats, message);
    },
    returned({ id, request }, { type }) {
      if (request.kind === 'read' || request.kind === 'query') {
        if (type === 'ok') stats.readsServed++;
        else stats.readsRejected++;
      } else if (type === 'ok') stats.committed++;
      else if (type === 'unknown') stats.unknown++;
      else stats.rejected++;
      if (appended.delete(id) && type === 'rejected') stats.overwritten++;
    },
  };
}

function countMessage(stats: Stats, message: Message): void {
  switch (message.type) {
    case 'PreVoteReply':
      if (!message.granted) stats.preVotesRejected++;
      break;
    case 'RequestVoteReply':
      if (!message.granted) stats.votesRejected++;
      break;
    case 'AppendEntriesReply':
      if (!message.success) stats.conflicts++;
      break;
    case 'InstallSnapshot':
      stats.chunks++;
      break;
    case 'Propose':
      stats.forwardedProposals += message.proposals.length;
      break;
    case 'ReadIndex':
      stats.forwardedReads++;
      break;
  }
}
