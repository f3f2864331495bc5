import { relative } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { exitCodes } from '@raft/kv';
import { Cluster, hasMajority, isSettled, isShutOut, lacksMajority, type NodeView } from './cluster.ts';
import { folderTrouble } from './data-folder.ts';
import { onInterrupt } from './interrupts.ts';
import { endpointOf, type Member, planMembers } from './members.ts';
import { childNews, clusterNotices, clusterTable, leaderNews, minorityNews, returnedAmong } from './news.ts';
import { portInUse, portTrouble } from './ports.ts';
import { nodeCount, parseStartOptions, type StartOptions, startUsage } from './start-options.ts';

// `npm start`: three nodes on this machine, until Ctrl-C.

const root = fileURLToPath(new URL('../../..', import.meta.url));
const pollMs = 250;
const patienceMs = 15_000;
/** What the other nodes get once a majority stands. */
const graceMs = 1000;

const options = parseStartOptions(process.argv.slice(2), process.env, root);
if (options === 'help') console.log(startUsage);
else if ('wrong' in options) leave(2, `${options.wrong}\n\n${startUsage}`);
else await start(options);

async function start(given: StartOptions): Promise<void> {
  const members = planMembers(given.dataFolder, { http: portsFrom(given.httpPort), raft: portsFrom(given.raftPort) });
  const interrupted = new AbortController();
  /** Nodes that were started again and have not caught up yet. */
  const returning = new Set<string>();
  const dead = new Set<string>();
  const cluster = new Cluster(members, (member, event) => {
    if (event.type === 'died') {
      dead.add(member.id);
      returning.delete(member.id);
    }
    if (event.type === 'started' && dead.delete(member.id)) returning.add(member.id);
    const line = childNews(member, event, given.verbose);
    if (line !== undefined && !interrupted.signal.aborted) console.log(line);
  });
  onInterrupt({
    first: () => interrupted.abort(),
    again: () => {
      console.log('Killing the nodes');
      void cluster.killAll().then(() => process.exit(130));
    },
  });

  const troubles = [folderTrouble(given.dataFolder), ...(await portTroubles(members))].filter((trouble) => trouble !== undefined);
  if (troubles.length > 0)
    return leave(exitCodes.environment, `The cluster can't start:\n${troubles.map((trouble) => `  ${trouble}`).join('\n')}`);

  const place = relative(root, given.dataFolder);
  console.log(`Starting ${nodeCount} nodes, their data is in ${place.startsWith('..') ? given.dataFolder : `./${place}`}`);
  if (!interrupted.signal.aborted) cluster.start();
  const nobodyLeft = await watch(cluster, returning, interrupted.signal);
  if (nobodyLeft) return leave(1, 'No node is left running.');
  console.log('\nStopping the nodes (once more Ctrl-C kills them)');
  await cluster.stop();
  console.log('Stopped. The data is kept: npm start goes on where this ended.');
  process.exit(0);
}

/** Says what happens until interrupted (false), or until no node is left that could run (true). */
async function watch(cluster: Cluster, returning: Set<string>, signal: AbortSignal): Promise<boolean> {
  const began = performance.now();
  let before: readonly NodeView[] = [];
  let shown = false;
  let complained = false;
  let outnumbered = false;
  let majoritySince = Number.POSITIVE_INFINITY;
  while (!signal.aborted) {
    // Before the look: what a node said before it died is no sign of its return.
    const awaited = [...returning];
    const now = await cluster.view();
    if (now.every((view) => !view.wanted)) return true;
    for (const id of returnedAmong(awaited, before, now)) {
      if (returning.delete(id) && shown) console.log(`${id} is back`);
    }
    majoritySince = hasMajority(now) ? Math.min(majoritySince, performance.now()) : Number.POSITIVE_INFINITY;
    if (!outnumbered && lacksMajority(now) && now.every((view) => !view.wanted || view.status !== undefined)) {
      outnumbered = true;
      complained = true;
      console.log(`\n${overview(now)}\n\n${minorityNews(now)}`);
    } else if (!shown && (isSettled(now) || performance.now() - majoritySince >= graceMs) && hasMajority(now)) {
      shown = true;
      introduce(now);
    } else if (shown) {
      const news = leaderNews(before, now);
      if (news !== undefined) console.log(news);
    } else if (!complained && performance.now() - began > patienceMs) {
      complained = true;
      console.log(`Not ready yet:\n${overview(now)}`);
    }
    before = now;
    await sleep(pollMs, undefined, { signal }).catch(() => undefined);
  }
  return false;
}

function introduce(views: readonly NodeView[]): void {
  const serving = views.filter((view) => view.status !== undefined && !isShutOut(view));
  const [first] = serving;
  const last = serving.at(-1);
  if (first === undefined || last === undefined) return;
  console.log(`\n${overview(views)}\n`);
  console.log('Write through one node, read through another:');
  console.log(`  curl -X PUT -d hello ${endpointOf(first.member)}/v1/kv/greeting && curl ${endpointOf(last.member)}/v1/kv/greeting\n`);
  console.log('Ctrl-C stops the cluster and keeps its data.');
}

function overview(views: readonly NodeView[]): string {
  const notices = clusterNotices(views);
  return indent([...clusterTable(views), ...(notices.length > 0 ? ['', ...notices] : [])]);
}

function portsFrom(first: number): number[] {
  return Array.from({ length: nodeCount }, (_, position) => first + position);
}

async function portTroubles(members: readonly Member[]): Promise<string[]> {
  const troubles = await Promise.all(
    members.flatMap((member) => [
      portTrouble(member.httpPort, `HTTP of ${member.id}`),
      portTrouble(member.raftPort, `Raft of ${member.id}`),
    ]),
  );
  const found = troubles.filter((trouble) => trouble !== undefined);
  if (found.length === 0) return [];
  const hint = found.some((trouble) => trouble.endsWith(portInUse)) ? 'Is it running already? ' : '';
  return [...found, `${hint}Other ports: npm start -- --http-port 8181 --raft-port 9181`];
}

function indent(lines: readonly string[]): string {
  return lines.map((line) => `  ${line}`.trimEnd()).join('\n');
}

function leave(code: number, message: string): void {
  console.error(message);
  process.exitCode = code;
}
