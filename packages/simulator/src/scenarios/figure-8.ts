import { demand } from '../invariants/violation.ts';
import type { Place } from './one-agreement.ts';
import type { Scenario } from './scenario.ts';
import type { ScenarioCluster } from './scenario-cluster.ts';

/** The trap of the paper's Figure 8, met by chance again and again, and once step by step. */
export const figureEight: readonly Scenario[] = [
  { name: 'Figure 8', nodes: 5, source: 'MIT 6.5840 3C: Figure 8', run: figureEightByChance },
  { name: 'Figure 8 unreliable', nodes: 5, source: 'MIT 6.5840 3C: Figure 8 (unreliable)', run: figureEightUnreliable },
  // One entry per message, so that an entry of an earlier term travels without the one of the leader's own behind it.
  { name: 'Figure 8 step by step', nodes: 5, source: 'paper, Figure 8', config: { maxAppendBytes: 1 }, run: figureEightSteps },
];

const rounds = 1000;

/** A leader mostly crashes soon after it took a command; three nodes are kept alive. */
function figureEightByChance(cluster: ScenarioCluster): void {
  const { random } = cluster;
  cluster.agree(1);
  for (let round = 0; round < rounds; round++) {
    const leader = proposeEverywhere(cluster);
    cluster.runFor(random.chance(0.1) ? random.between(0, cluster.timeoutMs / 2) : random.between(0, 13));
    if (leader !== undefined) cluster.crash(leader);
    const down = cluster.nodes.filter(({ up }) => !up);
    if (down.length > 2) cluster.start(random.pick(down).index);
  }
  cluster.startAll();
  cluster.agree(5);
}

/** The same with cuts instead of crashes, on the unreliable network, from round 200 on with replies that survive a term. */
function figureEightUnreliable(cluster: ScenarioCluster): void {
  const { random, network } = cluster;
  network.unreliable = true;
  cluster.agree(1);
  for (let round = 0; round < rounds; round++) {
    if (round === 200) network.longReordering = true;
    const leader = proposeEverywhere(cluster);
    cluster.runFor(random.chance(0.1) ? random.between(0, cluster.timeoutMs / 2) : random.between(0, 13));
    if (leader !== undefined && random.chance(0.5)) cluster.cut(leader);
    const away = cluster.nodes.filter(({ index }) => cluster.isAway(index));
    if (away.length > 2) cluster.join(random.pick(away).index);
  }
  cluster.joinAll();
  cluster.agree(5);
}

/** Whoever believes to lead gets a command; the last of them is told. */
function proposeEverywhere(cluster: ScenarioCluster): number | undefined {
  let leader: number | undefined;
  for (const { index } of cluster.nodes) if (cluster.propose(index) !== undefined && !cluster.isAway(index)) leader = index;
  return leader;
}

/**
 * S1 … S5 are the nodes 0 … 4, (a) … (e) the moments of the figure. Each leader's term begins with an entry of its own, so what the figure calls index 2
 * is `trapped` here; the terms are whatever the elections make them.
 */
function figureEightSteps(cluster: ScenarioCluster): void {
  const { network } = cluster;
  const [s1, s2, s3, s4, s5] = [0, 1, 2, 3, 4] as const;
  cluster.elect(s1, [s2, s3, s4, s5]);
  const start = cluster.node(s1).disk.lastIndex;
  cluster.mustSee('all logs are alike', () => cluster.nodes.every(({ disk }) => disk.lastIndex === start));

  // (a) S1 leads and replicates an entry partially, to S2.
  network.passes = ({ to, message }) => to === s2 || message.type !== 'AppendEntries' || message.entries.length === 0;
  const trapped = must(cluster.propose(s1), 'S1 takes the entry');
  cluster.mustSee('(a) S2 holds it', () => holds(cluster, s2, trapped));
  network.passes = () => true;
  cluster.crash(s1);

  // (b) S5 is elected by S3 and S4, takes another entry at that place, and crashes with it.
  network.passes = ({ message }) => message.type !== 'AppendEntries' || message.entries.length === 0;
  cluster.elect(s5, [s3, s4]);
  cluster.mustSee('(b) S5 holds another entry there', () => (cluster.node(s5).disk.termAt(trapped.index) ?? 0) > trapped.term);
  const rival = cluster.node(s5).disk.lastTerm;
  cluster.crash(s5);
  cluster.check(!cluster.wasApplied(trapped.id), () => 'the entry is applied after (b)');

  // (c) S1 is elected anew and brings the entry to a majority, but none of its own term.
  network.passes = ({ message }) => message.type !== 'AppendEntries' || message.entries.every(({ term }) => term <= trapped.term);
  cluster.start(s1);
  cluster.elect(s1, [s2, s3]);
  cluster.mustSee('(c) S3 holds it', () => holds(cluster, s3, trapped));
  cluster.runFor(cluster.timeoutMs / 2);
  cluster.check(
    [s1, s2, s3].every((node) => holds(cluster, node, trapped)),
    () => '(c) the entry is not on the disks of a majority',
  );
  // §5.4.2: on a majority, and yet not committed.
  cluster.check(
    (cluster.node(s1).status()?.commitIndex ?? 0) < trapped.index,
    () => '(c) an entry of an earlier term is committed by counting',
  );
  cluster.check(!cluster.wasApplied(trapped.id), () => '(c) the entry is applied');
  network.passes = () => true;

  // (d) S1 crashes, and S5 overwrites it; or (e) an entry of S1's own term reaches a majority first, and then S5 can't win.
  const overwritten = cluster.random.chance(0.5);
  if (overwritten) {
    cluster.crash(s1);
    cluster.start(s5);
    cluster.elect(s5, [s2, s3, s4]);
    cluster.mustSee('(d) the entry is overwritten', () =>
      [s2, s3, s4].every((node) => cluster.node(node).disk.termAt(trapped.index) === rival),
    );
  } else {
    cluster.mustSee('(e) the entry is committed', () => cluster.applied(trapped) >= 3);
    cluster.crash(s1);
    cluster.start(s5);
    cluster.links((one, other) => one === s5 || other === s5, 'never');
    cluster.runFor(10 * cluster.timeoutMs);
    cluster.check(!cluster.node(s5).leads, () => '(e) who lacks a committed entry leads');
  }
  cluster.startAll();
  cluster.joinAll();
  cluster.agree(5);
  cluster.check(cluster.wasApplied(trapped.id) !== overwritten, () => 'the entry met the other fate');
}

function holds(cluster: ScenarioCluster, node: number, { index, term }: Place): boolean {
  return cluster.node(node).disk.entryAt(index)?.term === term;
}

function must<T>(value: T | undefined, text: string): T {
  demand(value !== undefined, 'scenario', () => `not so: ${text}`);
  return value;
}
