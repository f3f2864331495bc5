import type { NodeStatus } from '@raft/core';

type Noticed = Pick<NodeStatus, 'id' | 'role' | 'reason' | 'blank' | 'forming'>;

/** One sentence about why this node takes no part, null while it does. */
export function noticeOf(status: Noticed): string | null {
  if (status.role === 'stopped') return `${status.id} has stopped: ${status.reason ?? 'no reason is known'}`;
  if (!status.blank) return null;
  return `${status.id} is blank (its storage belongs to no cluster), so it neither votes nor campaigns: ${whyBlank(status)}`;
}

function whyBlank({ id, forming }: Noticed): string {
  if (forming === null) return 'it waits to be added to a cluster';
  const reasons: string[] = [];
  if (forming.missing.length > 0) reasons.push(`it waits to hear of ${forming.missing.join(', ')} to form a cluster`);
  if (forming.foreign.length > 0) {
    const others = forming.foreign.join(', ');
    reasons.push(
      `${others} already ${forming.foreign.length === 1 ? 'belongs' : 'belong'} to a cluster without this storage of ${id}; if its data was lost, they go on without it (membership changes, to add it again, are not there yet), or every node starts over with an empty data folder`,
    );
  }
  return reasons.length > 0 ? reasons.join('; ') : 'it is forming a cluster';
}
