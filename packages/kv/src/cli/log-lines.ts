import type { RaftEvent } from '@raft/core';
import type { NodeId } from '@raft/wire';
import { noticeOf } from '../server/notice.ts';

/** An event as a line for people. */
export function logLine(id: NodeId, event: RaftEvent): string {
  switch (event.type) {
    case 'roleChanged':
      return roleLine(id, event);
    case 'waitingToForm':
      return noticeOf({ id, role: 'follower', reason: null, blank: true, forming: event }) ?? '';
    case 'formed':
      return `${id} belongs to cluster ${event.clusterId}`;
    case 'snapshotTaken':
      return `${id} took a snapshot up to entry ${event.meta.lastIncludedIndex} (${Math.round(event.durationMs)} ms)`;
    case 'snapshotRestored':
      return `${id} restored a snapshot up to entry ${event.meta.lastIncludedIndex}`;
    case 'snapshotFailed':
      return `${id} could not take or read a snapshot: ${event.reason}`;
    case 'stalled':
      return `${id} waits for its disk and does not lead meanwhile`;
    case 'stopped':
      return `${id} has stopped: ${event.reason}`;
    case 'connected':
      return `${id} is connected with ${event.id}`;
    case 'disconnected':
      return `${id} lost the connection with ${event.id}`;
    case 'connectionRefused':
      return `${id} has no connection${event.id === undefined ? '' : ` with ${event.id}`}: ${event.reason}`;
    case 'tornTailCut':
      return `${id} cut what a crash left unfinished at the end of its log: ${event.file} from byte ${event.offset}${entryRange(event)}`;
  }
}

function roleLine(id: NodeId, { role, term, leaderId }: RaftEvent & { readonly type: 'roleChanged' }): string {
  switch (role) {
    case 'leader':
      return `${id} leads term ${term}`;
    case 'follower':
      return leaderId === null ? `${id} knows no leader in term ${term}` : `${id} follows ${leaderId} in term ${term}`;
    case 'preCandidate':
      return `${id} asks whether it could win an election (term ${term})`;
    case 'candidate':
      return `${id} campaigns for term ${term}`;
    case 'stopped':
      return `${id} takes no part any more (term ${term})`;
  }
}

function entryRange({ firstIndex, lastIndex }: RaftEvent & { readonly type: 'tornTailCut' }): string {
  return firstIndex === null ? '' : `, entries ${firstIndex} to ${lastIndex ?? firstIndex}`;
}
