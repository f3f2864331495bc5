import type { NodeView } from './cluster.ts';
import { leaderOf } from './cluster.ts';
import { endpointOf, host, type Member } from './members.ts';
import type { ChildEvent } from './supervised-child.ts';
import { formatSeconds, formatTable } from './table.ts';

/** The table of a cluster: who, where, and what it does. */
export function clusterTable(views: readonly NodeView[]): string[] {
  return formatTable([
    ['node', 'http', 'raft', 'role'],
    ...views.map((view) => [view.member.id, endpointOf(view.member), `${host}:${view.member.raftPort}`, roleOf(view)]),
  ]);
}

function roleOf({ status, wanted }: NodeView): string {
  if (!wanted) return 'not running';
  if (status === undefined) return 'no answer yet';
  if (status.role === 'leader') return `leader of term ${status.term}`;
  if (status.role === 'follower' && status.blank) return status.notice ?? 'blank';
  if (status.role === 'follower' && status.leaderId === null) return 'follower, knows no leader';
  return status.role;
}

/** How raft-kv begins a sentence for people on stderr. */
const sentence = 'raft-kv: ';

/** A child's event as a line, undefined for those that only `--verbose` shows. */
export function childNews({ id }: Member, event: ChildEvent, verbose: boolean): string | undefined {
  switch (event.type) {
    case 'started':
      return verbose ? `${id} started as process ${event.pid}` : undefined;
    case 'said':
      if (event.line.startsWith(sentence)) return `${id}: ${event.line.slice(sentence.length)}`;
      return verbose ? `${id} | ${event.line}` : undefined;
    case 'died':
      return `${id} died (${event.why === '' ? event.how : `${event.how}, ${event.why}`}); starting it again in ${formatSeconds(event.delayMs)}`;
    case 'refused':
      return `${id} refuses to start (exit code ${event.code}) and is left alone`;
    case 'killed':
      return `${id} did not stop in time and was killed`;
  }
}

/** What changed between two looks at a cluster, undefined when nothing that people want to hear of. */
export function leaderNews(before: readonly NodeView[], after: readonly NodeView[]): string | undefined {
  const was = leaderOf(before);
  const is = leaderOf(after);
  if (is === undefined) return was === undefined ? undefined : 'no leader; an election is on';
  if (was?.member.id === is.member.id && was.status.term === is.status.term) return undefined;
  return `${is.member.id} leads term ${is.status.term}`;
}
