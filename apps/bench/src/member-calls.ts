import { setTimeout as sleep } from 'node:timers/promises';
import type { RaftNode } from '@raft/core';
import type { Output } from './child-protocol.ts';
import type { CountingMachine } from './counting-machine.ts';

const pollMs = 20;

/** Waits until a node of this process knows a leader. */
export async function findLeader(nodes: readonly RaftNode<number, never, unknown>[]): Promise<Output<'findLeader'>> {
  for (;;) {
    const statuses = nodes.map((node) => node.status());
    const stopped = statuses.find((status) => status.role === 'stopped');
    if (stopped !== undefined) throw new Error(`node ${stopped.id} stopped: ${stopped.reason}`);
    const leading = statuses.find((status) => status.role === 'leader');
    if (leading !== undefined) return { leaderId: leading.id, led: true };
    const leaderId = statuses.find((status) => status.leaderId !== null)?.leaderId;
    if (leaderId !== undefined && leaderId !== null && nodes.length === 1) return { leaderId, led: false };
    await sleep(pollMs);
  }
}

/** What this process has used so far. */
export function countersOf({
  machines,
  syncs,
}: {
  readonly machines: readonly CountingMachine[];
  readonly syncs: number | null;
}): Output<'counters'> {
  const { user, system } = process.cpuUsage();
  return {
    userMicros: user,
    systemMicros: system,
    syncs,
    applied: Math.max(0, ...machines.map((machine) => machine.applied)),
    residentBytes: process.memoryUsage.rss(),
  };
}
