import type { Scenario } from './scenario.ts';
import type { ScenarioCluster } from './scenario-cluster.ts';

/** Logs that part, and answers that are lost or come at the wrong time. */
export const beyondLogs: readonly Scenario[] = [
  { name: 'Figure 7', nodes: 7, source: 'PROOF §5; paper, Figure 7', run: figureSeven },
  {
    name: 'lost snapshot acknowledgement',
    nodes: 3,
    source: 'PROOF §5; paper, Figure 13',
    config: { snapshotEveryEntries: 10, trailingEntries: 0 },
    run: lostSnapshotAcknowledgement,
  },
  { name: 'append ABA', nodes: 5, source: 'PROOF §5; architecture §4, Durability', rough: true, run: appendAba },
  { name: 'ReadIndex on a fresh leader', nodes: 3, source: 'PROOF §5; paper §8, thesis §6.4', run: readOnFreshLeader },
];

/** The terms of the entries, as the figure has them. */
const figureSevenLogs = {
  leader: '1114455666',
  a: '111445566',
  b: '1114',
  c: '11144556666',
  d: '111445566677',
  e: '1114444',
  f: '11122233333',
} as const;

/**
 * The six logs of the figure come about by real elections, and the leader of the figure's term 8 repairs them. Each term begins with an entry of its own,
 * so each leader proposes one less than it has there.
 */
function figureSeven(cluster: ScenarioCluster): void {
  const [leader, a, b, c, d, e, f] = [0, 1, 2, 3, 4, 5, 6] as const;
  const { network } = cluster;
  const terms: number[] = [];
  let reached: readonly number[] = [];
  network.passes = ({ to, message }) => message.type !== 'AppendEntries' || message.entries.length === 0 || reached.includes(to);
  const lead = (node: number, voters: readonly number[], first: readonly number[]) => {
    reached = first;
    cluster.start(node);
    cluster.elect(node, voters);
    terms.push(cluster.node(node).term);
    settle(cluster, node, reached);
  };
  const append = (node: number, count: number, to: readonly number[]) => {
    reached = to;
    for (let nth = 0; nth < count; nth++) {
      cluster.check(cluster.propose(node) !== undefined, () => `n${node} takes no command`);
      settle(cluster, node, reached);
    }
  };
  lead(leader, [a, b, c, d, e, f], [a, b, c, d, e, f]);
  const start = cluster.node(leader).disk.lastIndex;
  append(leader, 2, [a, b, c, d, e, f]);
  lead(f, [a, b, c, d, e], []);
  append(f, 2, []);
  cluster.crash(f);
  lead(f, [a, b, c, d, e], []);
  append(f, 4, []);
  cluster.crash(f);
  lead(e, [leader, a, b, c, d], [leader, a, b, c, d]);
  append(e, 1, [leader, a, c, d]);
  append(e, 2, []);
  cluster.crash(e);
  lead(leader, [a, b, c, d], [a, c, d]);
  append(leader, 1, [a, c, d]);
  lead(c, [leader, a, b, d], [leader, a, d]);
  append(c, 1, [leader, a, d]);
  append(c, 1, [leader, d]);
  append(c, 1, []);
  cluster.crash(c);
  lead(d, [leader, a, b], []);
  append(d, 1, []);
  cluster.crash(d);

  const logOf = (node: number) =>
    cluster
      .node(node)
      .disk.entries.flatMap(({ index, term }) => (index < start ? [] : [terms.indexOf(term) + 1]))
      .join('');
  Object.values(figureSevenLogs).forEach((log, node) => {
    cluster.check(logOf(node) === log, () => `n${node} has ${logOf(node)}, in the figure ${log}`);
  });
  cluster.startAll();
  cluster.elect(leader, [a, b, e, f]);
  network.passes = () => true;
  let refusals = 0;
  network.watch(({ message }) => {
    if (message.type === 'AppendEntriesReply' && !message.success) refusals++;
  });
  cluster.joinAll();
  cluster.agree(7);
  const repaired = logOf(leader);
  cluster.check(repaired.startsWith(figureSevenLogs.leader), () => `the leader has ${repaired} after the repair`);
  for (const { index } of cluster.nodes) cluster.check(logOf(index) === repaired, () => `n${index} has ${logOf(index)} after the repair`);
  // A term at a time, not an entry: six followers, three terms at most (paper §5.3), and once more where a connection came anew.
  cluster.check(refusals <= 6 * 4, () => `${refusals} appends were refused until the logs were repaired`);
}

/** Everyone who is reached has what this leader has, on disk. */
function settle(cluster: ScenarioCluster, leader: number, reached: readonly number[]): void {
  const { lastIndex = 0, term = 0 } = cluster.node(leader).status() ?? {};
  const everybody = [leader, ...reached];
  cluster.mustSee('the entry is on the disks', () => everybody.every((node) => cluster.node(node).disk.termAt(lastIndex) === term));
}

/** A follower has installed the snapshot, and the leader does not hear of it: it must find out, and neither start over for ever nor wait for ever. */
function lostSnapshotAcknowledgement(cluster: ScenarioCluster): void {
  const { network, random } = cluster;
  cluster.agree(3);
  const leader = cluster.leader();
  const follower = cluster.next(leader);
  cluster.cut(follower);
  cluster.agree(2);
  cluster.proposeAll(leader, 25);
  cluster.agree(2);
  cluster.mustSee('the leader has cut its log', () => cluster.logBytes(leader) < 2000, cluster.timeoutMs);
  let lost = 0;
  let chunks = 0;
  const toLose = random.between(1, 4);
  network.passes = ({ message }) => {
    if (message.type === 'InstallSnapshot') chunks++;
    const acknowledges = message.type === 'InstallSnapshotReply' && message.installed && lost < toLose;
    if (acknowledges) lost++;
    return !acknowledges;
  };
  cluster.join(follower);
  const installed = () => cluster.node(follower).disk.snapshot !== undefined && lost > 0;
  cluster.mustSee('the follower installs the snapshot', installed, 4 * cluster.timeoutMs);
  cluster.agree(3);
  cluster.check(chunks <= 2 * toLose + 4, () => `${chunks} chunks were sent, ${lost} answers lost`);
}

/**
 * On a slow disk an entry is appended, overwritten by another leader's, and appended again by the first, now of a higher term. When one of these writes ends,
 * there is an entry at that place on the disk, and it is not the one that the present leader asks for: that is yet to come. (That nothing is told too
 * early the invariants watch at every message.)
 */
function appendAba(cluster: ScenarioCluster): void {
  const { network, random, timeoutMs } = cluster;
  const [one, other, slow] = [0, 1, 4] as const;
  cluster.elect(one, [other, 2, 3, slow]);
  cluster.agree(5);
  const { disk } = cluster.node(slow);
  const place = disk.lastIndex + 1;
  const stall = (timeouts: number) => cluster.node(slow).stallDisk(1000 * timeoutMs * timeouts);
  let reached = true;
  network.passes = ({ to, message }) => (reached && to === slow) || message.type !== 'AppendEntries' || message.entries.length === 0;
  stall(14);
  cluster.check(cluster.propose(one)?.index === place, () => 'the first leader takes no command there');
  const first = cluster.node(one).term;
  cluster.runFor(timeoutMs / 2);
  // Of each new leader the term is written first and quickly, the entries behind it slowly: in between heartbeats are answered in its term.
  const elect = (leader: number, timeouts: number) => {
    reached = false;
    cluster.elect(leader, [2, 3, slow]);
    cluster.runFor(timeoutMs / 2);
    stall(timeouts);
    reached = true;
  };
  elect(other, 22);
  cluster.mustSee('the first entry is on the disk', () => disk.termAt(place) === first, 40 * timeoutMs);
  cluster.runFor(2 * timeoutMs);
  elect(one, random.between(10, 14));
  cluster.runFor(random.pick([2, 8, 14]) * timeoutMs);
  if (random.chance(0.5)) cluster.crash(slow, { powerCut: true });
  network.passes = () => true;
  cluster.joinAll();
  cluster.start(slow);
  cluster.runFor(15 * timeoutMs);
  cluster.agree(5);
}

/** It holds what was acknowledged, and does not know that it is committed: until an entry of its own term is, it must not answer. */
function readOnFreshLeader(cluster: ScenarioCluster): void {
  const { network, timeoutMs } = cluster;
  cluster.agree(3);
  const old = cluster.leader();
  const place = cluster.propose(old);
  cluster.check(place !== undefined, () => 'the leader takes no command');
  network.passes = ({ message }) => message.type !== 'AppendEntries' || message.leaderCommit < place.index;
  cluster.mustSee('the leader has applied it', () => cluster.node(old).appliedIndex >= place.index);
  const others = cluster.others(old);
  cluster.mustSee('the others hold it', () => others.every((node) => cluster.node(node).disk.lastIndex >= place.index));
  cluster.crash(old, { silent: false });
  network.passes = ({ message }) => message.type !== 'AppendEntries' || message.entries.length === 0;
  const fresh = cluster.leader();
  cluster.check((cluster.node(fresh).status()?.commitIndex ?? 0) < place.index, () => 'the new leader knows of the commit');
  const knows = (node: number) => cluster.node(node).status()?.leaderId === cluster.node(fresh).id;
  cluster.mustSee('the other knows the new leader', () => others.every(knows));
  const found: (string | null)[] = [];
  for (const node of others) {
    cluster.ask(node, [{ client: 1, request: { kind: 'read', key: 'k' } }], (outcome) => {
      cluster.check(outcome.type === 'ok' && outcome.index >= place.index, () => `a read is ${JSON.stringify(outcome)}`);
      if (outcome.type === 'ok') found.push(outcome.result.value);
    });
  }
  cluster.runFor(timeoutMs / 2);
  cluster.check(found.length === 0, () => 'a read is answered before an entry of the term is committed');
  network.passes = () => true;
  cluster.mustSee('both reads are answered', () => found.length === 2, 2 * timeoutMs);
  cluster.check(
    found.every((value) => value === `${place.id}`),
    () => `the reads found ${found.join(', ')}`,
  );
}
