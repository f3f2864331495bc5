import { exitCodes } from '@raft/kv';
import type { NodeView } from './cluster.ts';
import { isShutOut, leaderOf } from './cluster.ts';
import { endpointOf, host, type Member } from './members.ts';
import type { ChildEvent } from './supervised-child.ts';
import { formatSeconds, formatTable, wrapped } from './table.ts';

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
  if (status.role === 'follower' && status.blank) return 'blank';
  if (status.role === 'preCandidate') return 'looking for a leader';
  if (status.role === 'follower' && status.leaderId === null) return 'follower, knows no leader';
  return status.role;
}

/** What nodes want people to know, for below the table. */
export function clusterNotices(views: readonly NodeView[]): string[] {
  return views.flatMap(({ member, status }) =>
    status === undefined || status.notice === null
      ? []
      : wrapped(status.notice.startsWith(`${member.id} `) ? status.notice : `${member.id}: ${status.notice}`),
  );
}

/** For when `lacksMajority` is so. */
export function minorityNews(views: readonly NodeView[]): string {
  const able = views.filter((view) => view.wanted && !isShutOut(view)).length;
  const one = able === 1;
  const verb = views.some(isShutOut) ? `${one ? 'has' : 'have'} data and ${one ? 'runs' : 'run'}` : one ? 'runs' : 'run';
  return `${able} of ${views.length} nodes ${verb}: without a majority no write and no linearizable read is possible`;
}

/** Those among the awaited that have applied all that was committed at the look before. */
export function returnedAmong(awaited: readonly string[], before: readonly NodeView[], after: readonly NodeView[]): string[] {
  const goal = leaderOf(before)?.status.commitIndex;
  const leader = leaderOf(after)?.member.id;
  if (goal === undefined || leader === undefined) return [];
  return awaited.filter((id) => {
    const status = after.find((view) => view.member.id === id)?.status;
    return status !== undefined && status.leaderId === leader && status.lastApplied >= goal;
  });
}

/** How raft-kv begins a sentence for people on stderr. */
const sentence = 'raft-kv: ';
const endedWell = 'exit code 0';

/** A child's event as a line, undefined for those that only `--verbose` shows. */
export function childNews({ id, dataFolder }: Member, event: ChildEvent, verbose: boolean): string | undefined {
  switch (event.type) {
    case 'started':
      return verbose ? `${id} started as process ${event.pid}` : undefined;
    case 'said':
      if (event.line.startsWith(sentence)) return `${id}: ${event.line.slice(sentence.length)}`;
      return verbose ? `${id} | ${event.line}` : undefined;
    case 'died':
      return `${id} ${event.how === endedWell ? 'ended' : 'died'} (${event.why === '' ? event.how : `${event.how}, ${event.why}`}); starting it again in ${formatSeconds(event.delayMs)}`;
    case 'refused':
      return `${id} refuses to start (exit code ${event.code}) and is left alone; ${remedy(event.code, dataFolder)}, then start again`;
    case 'killed':
      return `${id} did not stop in time and was killed`;
  }
}

/** A damaged folder must not be thrown away lightly: what a node promised is in it. */
function remedy(code: number, dataFolder: string): string {
  return code === exitCodes.refused ? `see its message, mend or move away ${dataFolder}` : 'see its message, mend what it names';
}

/** What changed between two looks at a cluster, undefined when nothing that people want to hear of. */
export function leaderNews(before: readonly NodeView[], after: readonly NodeView[]): string | undefined {
  const was = leaderOf(before);
  const is = leaderOf(after);
  if (is === undefined) return was === undefined ? undefined : 'no leader; an election is on';
  if (was?.member.id === is.member.id && was.status.term === is.status.term) return undefined;
  return `${is.member.id} leads term ${is.status.term}`;
}
