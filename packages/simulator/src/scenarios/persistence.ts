import type { Scenario } from './scenario.ts';
import type { ScenarioCluster } from './scenario-cluster.ts';

/** Crashes: killed or without power, with connections that close or fall silent, as the seed draws. */
export const persistence: readonly Scenario[] = [
  { name: 'persist 1', nodes: 3, source: 'MIT 6.5840 3C: basic persistence', run: persistOne },
  { name: 'persist 2', nodes: 5, source: 'MIT 6.5840 3C: more persistence', run: persistTwo },
  {
    name: 'persist 3',
    nodes: 3,
    source: 'MIT 6.5840 3C: partitioned leader and one follower crash, leader restarts',
    run: persistThree,
  },
];

/** Everybody crashes, then the leader, then the new one, then a follower. */
function persistOne(cluster: ScenarioCluster): void {
  cluster.agree(3);
  cluster.crashAll();
  cluster.runFor(cluster.random.between(1, cluster.timeoutMs));
  cluster.startAll();
  cluster.agree(3);

  const first = cluster.leader();
  cluster.crash(first);
  cluster.runFor(1);
  cluster.start(first);
  cluster.agree(3);

  const second = cluster.leader();
  cluster.crash(second);
  const { index } = cluster.agree(2);
  cluster.start(second);
  cluster.mustSee('the old leader catches up', () => cluster.node(second).appliedIndex >= index);

  const follower = cluster.next(cluster.leader());
  cluster.crash(follower);
  cluster.agree(2);
  cluster.start(follower);
  cluster.agree(3);
}

/** Five rounds: two crash, then the other three, then three of them come back one by one. */
function persistTwo(cluster: ScenarioCluster): void {
  for (let round = 0; round < 5; round++) {
    cluster.agree(5);
    const leader = cluster.leader();
    const [one, two, three, four] = [1, 2, 3, 4].map((steps) => cluster.next(leader, steps)) as [number, number, number, number];
    cluster.crash(one);
    cluster.crash(two);
    cluster.agree(3);
    for (const node of [leader, three, four]) cluster.crash(node);
    cluster.start(one);
    cluster.start(two);
    cluster.runFor(cluster.timeoutMs);
    cluster.checkNoLeader();
    cluster.start(three);
    cluster.agree(3);
    cluster.start(four);
    cluster.start(leader);
  }
  cluster.agree(5);
}

/** A follower that was cut off comes back to nobody but a leader that has crashed meanwhile. */
function persistThree(cluster: ScenarioCluster): void {
  cluster.agree(3);
  const leader = cluster.leader();
  const [mate, away] = [cluster.next(leader), cluster.next(leader, 2)];
  cluster.cut(away);
  const { index } = cluster.agree(2);
  cluster.crash(leader);
  cluster.crash(mate);
  cluster.join(away);
  cluster.runFor(2 * cluster.timeoutMs);
  cluster.checkNoLeader();
  cluster.start(leader);
  // It alone holds the entry, so it alone can be elected (paper §5.4.1).
  cluster.check(cluster.leader() === leader, () => 'who lacks a committed entry leads');
  cluster.agree(2);
  cluster.start(mate);
  cluster.agree(3);
  cluster.check(cluster.appliedUpTo(index) === 3, () => 'the entry from before the crashes is not applied everywhere');
}
