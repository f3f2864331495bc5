import type { Scenario, WaitingScenario } from './scenario.ts';
import type { ScenarioCluster } from './scenario-cluster.ts';

/** What the suite of the labs does not have: single links, connections that close, timers that sleep. */
export const beyond: readonly Scenario[] = [
  { name: 'one link to the leader broken', nodes: 5, source: 'PROOF §5; architecture §4, Elections', run: oneLinkBroken },
  { name: 'one link to the leader broken, three nodes', nodes: 3, source: 'PROOF §5; architecture §4, Elections', run: oneLinkBroken },
  { name: 'leader killed', nodes: 5, source: 'PROOF §5; architecture §4, fast fail-over', run: leaderKilled },
  { name: 'leader killed, three nodes', nodes: 3, source: 'PROOF §5; architecture §4, fast fail-over', run: leaderKilled },
  { name: 'bridge deadlock', nodes: 5, source: 'PROOF §5; thesis §6.2, check-quorum', run: bridgeDeadlock },
  { name: 'pre-vote cohorts', nodes: 3, source: 'PROOF §5; thesis §9.6', run: preVoteCohorts },
  { name: 'hidden tabs', nodes: 3, source: 'PROOF §5; architecture §4', run: hiddenTabs },
];

export const waiting: readonly WaitingScenario[] = [
  { name: "Ongaro's 2015 trap, two additions", waitsFor: 'membership change' },
  { name: "Ongaro's 2015 trap, two removals", waitsFor: 'membership change' },
  { name: "Ongaro's 2015 trap, an addition and a removal", waitsFor: 'membership change' },
  { name: 'transfer to a lagging target', waitsFor: 'leadership transfer' },
  { name: 'transfer to a dead target', waitsFor: 'leadership transfer' },
  { name: 'transfer to a removed target', waitsFor: 'leadership transfer and membership change' },
  { name: 'lease after an aborted transfer', waitsFor: 'lease reads and leadership transfer' },
];

/** One follower and the leader lose each other; all others hear both. Nobody helps to depose the leader (stickiness, thesis §4.2.3). */
function oneLinkBroken(cluster: ScenarioCluster): void {
  cluster.agree(cluster.nodes.length);
  const leader = cluster.leader();
  const { term } = cluster.node(leader);
  const follower = cluster.next(leader, cluster.random.between(1, cluster.nodes.length - 1));
  cluster.setLink(leader, follower, false);
  for (let round = 0; round < 5; round++) {
    cluster.runFor(4 * cluster.timeoutMs);
    cluster.agree(cluster.nodes.length - 1);
  }
  cluster.check(cluster.term() === term && cluster.leader() === leader, () => `term ${term} of n${leader} did not last`);
  cluster.joinAll();
  cluster.agree(cluster.nodes.length);
  cluster.check(cluster.term() === term, () => `the return of the link ended term ${term}`);
}

/**
 * Its connections close, so nobody waits for a time-out: of nine times the median is at most 0.3 time-outs. Now and then two ask at the same moment and split
 * the votes; that costs an ordinary time-out.
 */
function leaderKilled(cluster: ScenarioCluster): void {
  const waits: number[] = [];
  for (let round = 0; round < 9; round++) {
    cluster.agree(cluster.nodes.length);
    const leader = cluster.leader();
    const since = cluster.nowMs;
    cluster.crash(leader, { silent: false });
    cluster.mustSee('another leader is elected', () => cluster.leaderNow() !== undefined, 6 * cluster.timeoutMs, 1);
    waits.push((cluster.nowMs - since) / cluster.timeoutMs);
    cluster.agree(cluster.nodes.length - 1);
    cluster.start(leader);
  }
  const median = waits.sort((one, other) => one - other)[4] ?? Number.POSITIVE_INFINITY;
  cluster.check(median <= 0.3, () => `half of the elections took more than ${median} time-outs`);
}

/**
 * Only one node hears everybody, and it does not lead. The leader hears too few and must give up (check-quorum), or else the bridge stays loyal to it for
 * ever; then only the bridge can win.
 */
function bridgeDeadlock(cluster: ScenarioCluster): void {
  cluster.agree(5);
  const leader = cluster.leader();
  const bridge = cluster.next(leader, cluster.random.between(1, 4));
  cluster.links((one, other) => one === bridge || other === bridge);
  cluster.mustSee('the bridge leads', () => cluster.node(bridge).leads, 8 * cluster.timeoutMs);
  cluster.agree(5);
  cluster.check(cluster.leader() === bridge, () => 'somebody else leads than the bridge');
  cluster.joinAll();
  cluster.agree(5);
}

/**
 * Of the two nodes that are left one has the longer log, the other the higher term. Who has the shorter log can't win; who has the lower term must learn the
 * higher one from a refusal, or nobody is ever elected.
 */
function preVoteCohorts(cluster: ScenarioCluster): void {
  cluster.agree(3);
  const longer = cluster.leader();
  const [gone, shorter] = [cluster.next(longer), cluster.next(longer, 2)];
  const { network } = cluster;
  network.passes = ({ to, message }) => to !== shorter || message.type !== 'AppendEntries' || message.entries.length === 0;
  const last = cluster.proposeAll(longer, 3).at(-1);
  cluster.check(last !== undefined, () => 'the leader takes no commands');
  cluster.mustSee('two nodes hold the commands', () => cluster.applied(last) === 2);
  // The third is elected by the vote of the one with the shorter log, and is gone before that log grows.
  cluster.cut(longer, 'never');
  cluster.mustSee('the third leads', () => cluster.node(gone).leads);
  cluster.crash(gone);
  cluster.cut(gone);
  network.passes = () => true;
  const [one, other] = [cluster.node(longer), cluster.node(shorter)];
  cluster.check(one.term < other.term, () => 'the longer log has the higher term');
  cluster.check(one.disk.lastIndex > other.disk.lastIndex, () => 'the logs are of one length');
  cluster.join(longer);
  cluster.mustSee('the longer log leads', () => one.leads, 10 * cluster.timeoutMs);
  cluster.agree(2);
  cluster.check(cluster.applied(last) === 2, () => 'a committed command is gone');
}

/**
 * Every timer fires late, at multiples of a second or worse, as in hidden tabs: somebody is elected all the same, and serves. The grids differ by some
 * milliseconds, as no two processes wake in one microsecond.
 */
function hiddenTabs(cluster: ScenarioCluster): void {
  const { random, nodes } = cluster;
  for (const node of nodes) node.coarsenTimers(1000 * (cluster.timeoutMs * random.pick([0.5, 1, 1, 4]) + random.between(1, 50)));
  cluster.leader(60 * cluster.timeoutMs);
  for (let round = 0; round < 5; round++) {
    // With timers that sleep longer than the time-out a leader commits, and gives up before its next heartbeat tells the others.
    cluster.mustSee('a command is committed', agreed(cluster, 1), 60 * cluster.timeoutMs);
    cluster.runFor(2 * cluster.timeoutMs);
  }
  for (const node of nodes) node.coarsenTimers(0);
  cluster.agree(3);
}

function agreed(cluster: ScenarioCluster, wanted: number): () => boolean {
  const agreement = cluster.agreement(wanted);
  return () => agreement.done();
}
