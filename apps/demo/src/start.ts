import { relative } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Cluster, isSettled, leaderOf, type NodeView } from './cluster.ts';
import { folderTrouble } from './data-folder.ts';
import { onInterrupt } from './interrupts.ts';
import { endpointOf, type Member, planMembers } from './members.ts';
import { childNews, clusterTable, leaderNews } from './news.ts';
import { portTrouble } from './ports.ts';
import { nodeCount, parseStartOptions, type StartOptions, startUsage } from './start-options.ts';

// `npm start`: three nodes on this machine, until Ctrl-C.

const root = fileURLToPath(new URL('../../..', import.meta.url));
const pollMs = 250;
const patienceMs = 15_000;

const options = parseStartOptions(process.argv.slice(2), process.env, root);
if (options === 'help') console.log(startUsage);
else if ('wrong' in options) leave(2, `${options.wrong}\n\n${startUsage}`);
else await start(options);

async function start(given: StartOptions): Promise<void> {
  const members = planMembers(given.dataFolder, { http: portsFrom(given.httpPort), raft: portsFrom(given.raftPort) });
  const interrupted = new AbortController();
  const cluster = new Cluster(members, (member, event) => {
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
  if (troubles.length > 0) return leave(1, `The cluster can't start:\n${troubles.map((trouble) => `  ${trouble}`).join('\n')}`);

  const place = relative(root, given.dataFolder);
  console.log(`Starting ${nodeCount} nodes, their data is in ${place.startsWith('..') ? given.dataFolder : `./${place}`}`);
  if (!interrupted.signal.aborted) cluster.start();
  const nobodyLeft = await watch(cluster, interrupted.signal);
  if (nobodyLeft) return leave(1, 'No node is left running.');
  console.log('\nStopping the nodes (once more Ctrl-C kills them)');
  await cluster.stop();
  console.log('Stopped. The data is kept: npm start goes on where this ended.');
  process.exit(0);
}

/** Says what happens until interrupted (false), or until no node is left that could run (true). */
async function watch(cluster: Cluster, signal: AbortSignal): Promise<boolean> {
  const began = performance.now();
  let before: readonly NodeView[] = [];
  let shown = false;
  let complained = false;
  while (!signal.aborted) {
    const now = await cluster.view();
    if (now.every((view) => !view.wanted)) return true;
    if (!shown && isSettled(now)) {
      shown = true;
      introduce(now);
    } else if (shown) {
      const news = leaderNews(before, now);
      if (news !== undefined) console.log(news);
    } else if (!complained && performance.now() - began > patienceMs) {
      complained = true;
      console.log(`Not ready yet:\n${indent(clusterTable(now))}`);
    }
    before = now;
    await sleep(pollMs, undefined, { signal }).catch(() => undefined);
  }
  return false;
}

function introduce(views: readonly NodeView[]): void {
  const [first] = views;
  const last = views.at(-1);
  if (first === undefined || last === undefined || leaderOf(views) === undefined) return;
  console.log(`\n${indent(clusterTable(views))}\n`);
  console.log('Write through one node, read through another:');
  console.log(`  curl -X PUT -d hello ${endpointOf(first.member)}/v1/kv/greeting && curl ${endpointOf(last.member)}/v1/kv/greeting\n`);
  console.log('Ctrl-C stops the cluster and keeps its data.');
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
  return found.length === 0 ? [] : [...found, 'Is it running already? Other ports: npm start -- --http-port 8181 --raft-port 9181'];
}

function indent(lines: readonly string[]): string {
  return lines.map((line) => `  ${line}`).join('\n');
}

function leave(code: number, message: string): void {
  console.error(message);
  process.exitCode = code;
}
