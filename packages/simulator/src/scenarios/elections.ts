import type { Scenario } from './scenario.ts';
import type { ScenarioCluster } from './scenario-cluster.ts';

/** Elections without commands: who leads, and who must not. */
export const elections: readonly Scenario[] = [
  {
    name: 'initial election',
    nodes: 3,
    source: 'MIT 6.5840 3A: initial election',
    run: initialElection,
  },
  {
    name: 're-election',
    nodes: 3,
    source: 'MIT 6.5840 3A: election after network failure',
    run: reElection,
  },
  {
    name: 'many elections',
    nodes: 7,
    source: 'MIT 6.5840 3A: multiple elections',
    run: manyElections,
  },
];

function initialElection(cluster: ScenarioCluster): void {
  const leader = cluster.leader();
  cluster.runFor(50);
  const term = cluster.term();
  cluster.check(term >= 2, () => `the first election is of term ${term}`);
  cluster.runFor(2 * cluster.timeoutMs);
  cluster.check(cluster.term() === term, () => 'the term changed without a failure');
  cluster.check(cluster.leader() === leader, () => 'the leader changed without a failure');
}

function reElection(cluster: ScenarioCluster): void {
  const first = cluster.leader();
  cluster.cut(first);
  const second = cluster.leader();
  cluster.check(second !== first, () => 'who is cut off leads');
  const term = cluster.node(second).term;
  // The old leader has stepped down meanwhile (check-quorum); its return disturbs nobody, since pre-votes come first.
  cluster.runFor(2 * cluster.timeoutMs);
  cluster.join(first);
  cluster.runFor(2 * cluster.timeoutMs);
  cluster.check(cluster.leader() === second && cluster.term() === term, () => 'the return of the old leader changed the term');
  cluster.cut(second);
  cluster.cut(cluster.next(second));
  cluster.runFor(3 * cluster.timeoutMs);
  cluster.checkNoLeader();
  // Nor does anybody lead behind the cut: a leader without a majority steps down.
  cluster.check(!cluster.nodes.some(({ leads }) => leads), () => 'somebody leads without a majority');
  cluster.join(cluster.next(second));
  cluster.leader();
  cluster.join(second);
  cluster.runFor(2 * cluster.timeoutMs);
  cluster.leader();
  cluster.term();
}

function manyElections(cluster: ScenarioCluster): void {
  cluster.leader();
  for (let round = 0; round < 9; round++) {
    const three = cluster.random.shuffled(cluster.nodes.map(({ index }) => index)).slice(0, 3);
    for (const node of three) cluster.cut(node);
    cluster.runFor(cluster.random.between(0, 2 * cluster.timeoutMs));
    cluster.leader();
    for (const node of three) cluster.join(node);
    cluster.leader();
  }
  cluster.runFor(2 * cluster.timeoutMs);
  cluster.leader();
  cluster.term();
}
