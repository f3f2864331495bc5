import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Cluster, isSettled, leaderOf, type NodeView } from './cluster.ts';
import { demoUsage, parseDemoOptions } from './demo-options.ts';
import { onInterrupt } from './interrupts.ts';
import { Ledger } from './ledger.ts';
import { Load } from './load.ts';
import { endpointOf, planMembers } from './members.ts';
import { childNews, clusterTable } from './news.ts';
import { freePorts } from './ports.ts';
import { type DemoReport, type Kill, summaryOf } from './summary.ts';
import { formatCount, formatSeconds } from './table.ts';
import { verifyThrough } from './verify.ts';

// `npm run demo`: a cluster under load whose leader is killed three times. Exit code 0: nothing was lost.

const nodeCount = 3;
const killCount = 3;
const writers = 16;
const keysWanted = 6000;
const keysNeeded = 5000;
/** Between a settled cluster and the next kill, so that each kill hits it at work. */
const writesBeforeKill = 1000;
const pollMs = 50;
const patienceMs = 60_000;

const flags = parseDemoOptions(process.argv.slice(2));
if (flags === 'help') {
  console.log(demoUsage);
  process.exit(0);
}
if ('wrong' in flags) {
  console.error(`${flags.wrong}\n\n${demoUsage}`);
  process.exit(2);
}
const say = (line: string): void => (flags.json ? console.error(line) : console.log(line));

const interrupted = new AbortController();
const folder = mkdtempSync(join(tmpdir(), 'raft-demo-'));
const cluster = new Cluster(planMembers(folder, await freePorts(nodeCount)), (member, event) => {
  const line = childNews(member, event, false);
  if (line !== undefined && !interrupted.signal.aborted) say(line);
});
onInterrupt({
  first: () => interrupted.abort(),
  again: () => process.exit(130),
});

let keepData = false;
try {
  // Nobody waits for what is under way: the data is thrown away.
  const report = await Promise.race([demo(), interruption()]);
  for (const line of summaryOf(report)) say(line);
  if (flags.json) console.log(JSON.stringify(report));
  keepData = report.lost.length > 0;
  process.exitCode = keepData ? 1 : 0;
} catch (error) {
  if (interrupted.signal.aborted) {
    say('\nInterrupted; nothing was checked.');
    process.exitCode = 130;
  } else {
    keepData = true;
    say(`\nThe demo failed: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 1;
  }
} finally {
  await (interrupted.signal.aborted ? cluster.killAll() : cluster.stop());
  if (keepData) say(`The nodes' data is kept in ${folder}`);
  else rmSync(folder, { recursive: true, force: true });
  process.exit();
}

function interruption(): Promise<never> {
  return new Promise((_, reject) => interrupted.signal.addEventListener('abort', reject));
}

async function demo(): Promise<DemoReport> {
  interrupted.signal.throwIfAborted();
  const began = performance.now();
  cluster.start();
  const views = await waitUntil('the cluster forms', isSettled);
  say(`Three nodes formed a cluster in ${formatSeconds(performance.now() - began)}:\n`);
  for (const line of clusterTable(views)) say(`  ${line}`);

  const ledger = new Ledger();
  const load = new Load({ endpoints: cluster.members.map(endpointOf), ledger, writers, keys: keysWanted });
  const loadBegan = performance.now();
  load.start();
  say(`\n${writers} clients write through all nodes, each one write after the other.\n`);
  const kills: Kill[] = [];
  for (let count = 0; count < killCount; count += 1) kills.push(await killLeader(load, ledger));
  await waitUntil(`${formatCount(keysNeeded)} keys are written`, () => ledger.acknowledgedKeys >= keysNeeded);
  await load.stop();
  const loadMs = performance.now() - loadBegan;

  say('\nReading everything back through each node …');
  const lost: string[] = [];
  const verified: DemoReport['verified'][number][] = [];
  for (const member of cluster.members) {
    interrupted.signal.throwIfAborted();
    const verification = await verifyThrough(member, ledger);
    verified.push({ id: member.id, keys: verification.verified });
    lost.push(...verification.lost.map((complaint) => `through ${member.id}: ${complaint}`));
  }
  return { ...ledger.counts, keys: ledger.acknowledgedKeys, loadMs, kills, verified, lost };
}

/** Waits for work to be done, kills whoever leads, waits for the first write after that, and brings the node back. */
async function killLeader(load: Load, ledger: Ledger): Promise<Kill> {
  const before = ledger.counts.acknowledged;
  await waitUntil('the cluster is whole', isSettled);
  await waitUntil('clients get work done', () => ledger.counts.acknowledged >= before + writesBeforeKill);
  const leader = leaderOf(await waitUntil('there is a leader', (views) => leaderOf(views) !== undefined));
  if (leader === undefined) throw new Error('there is no leader to kill');
  const { id } = leader.member;
  const writes = ledger.counts.acknowledged;
  say(`  kill -9 ${id}, the leader, after ${formatCount(writes)} writes`);
  const killedAt = performance.now();
  const nextWrite = load.nextAcknowledged();
  await cluster.kill(id);
  const failOverMs = (await within('a write after the kill', nextWrite)) - killedAt;
  const successor = leaderOf(await waitUntil('there is a new leader', (views) => (leaderOf(views)?.member.id ?? id) !== id));
  if (successor === undefined) throw new Error('there is no new leader');

  say(`    ${successor.member.id} leads, writes go on after ${formatSeconds(failOverMs)}`);
  const restartedAt = performance.now();
  const goal = successor.status.commitIndex;
  cluster.restart(id);
  await waitUntil(`${id} catches up`, (views) => {
    const status = views.find((view) => view.member.id === id)?.status;
    return status !== undefined && status.lastApplied >= goal && isSettled(views);
  });
  const catchUpMs = performance.now() - restartedAt;
  say(`    ${id} was restarted and has caught up after ${formatSeconds(catchUpMs)}`);
  return { killed: id, leader: successor.member.id, writes, failOverMs, catchUpMs };
}

/** Looks at the cluster until it is as it should be; throws when that takes too long. */
async function waitUntil(what: string, isSo: (views: readonly NodeView[]) => boolean): Promise<readonly NodeView[]> {
  const deadline = performance.now() + patienceMs;
  for (;;) {
    interrupted.signal.throwIfAborted();
    const views = await cluster.view();
    interrupted.signal.throwIfAborted();
    if (isSo(views)) return views;
    if (performance.now() > deadline) {
      throw new Error(
        `after ${patienceMs / 1000} s of waiting until ${what}:\n${clusterTable(views)
          .map((line) => `  ${line}`)
          .join('\n')}`,
      );
    }
    await sleep(pollMs);
  }
}

/** The same for something that tells by itself. */
async function within<T>(what: string, promise: Promise<T>): Promise<T> {
  const timeout = new AbortController();
  const late = sleep(patienceMs, undefined, { signal: AbortSignal.any([timeout.signal, interrupted.signal]) }).then(() => {
    throw new Error(`no sign of ${what} within ${patienceMs / 1000} s`);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    timeout.abort();
    await late.catch(() => undefined);
  }
}
