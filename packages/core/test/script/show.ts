import type { Driven } from '../driven/driven.ts';

const columns = [6, 14, 6, 6, 8, 8];

/** A table of nodes: Figure 2's state, and the log as the terms of its entries. What is not durable yet is counted behind a plus. */
export function tableOf(nodes: readonly Driven[], isUp: (id: string) => boolean): string[] {
  const rows = nodes.map((node) => {
    if (!isUp(node.id)) return [node.id, 'down', '', '', '', '', logOf(node)];
    const { role, term, votedFor, leaderId, commitIndex } = node.status;
    return [node.id, role, `${term}`, votedFor ?? '-', leaderId ?? '-', `${commitIndex}`, logOf(node)];
  });
  const head = ['node', 'role', 'term', 'vote', 'leader', 'commit', 'log'];
  return [head, ...rows].map((row) =>
    row
      .map((cell, at) => cell.padEnd(columns[at] ?? 0))
      .join('')
      .trimEnd(),
  );
}

function logOf({ disk, terms, status }: Driven): string {
  const snapshot = disk.snapshot?.meta;
  const isCut = snapshot !== undefined && snapshot.lastIncludedIndex < disk.open().log.firstIndex;
  const covered = isCut ? [`[snapshot ${snapshot.lastIncludedIndex}/${snapshot.lastIncludedTerm}]`] : [];
  const last = disk.entries.at(-1)?.index ?? snapshot?.lastIncludedIndex ?? 0;
  const pending = status.lastIndex > last ? [`+${status.lastIndex - last}`] : [];
  return [...covered, ...terms, ...pending].join(' ') || 'empty';
}

/** What a leader thinks of the others. */
export function progressOf({ id, status }: Driven): string[] {
  return Object.entries(status.followers).map(
    ([peer, { matchIndex, nextIndex, state }]) => `${id} of ${peer}: match ${matchIndex}, next ${nextIndex}, ${state}`,
  );
}
