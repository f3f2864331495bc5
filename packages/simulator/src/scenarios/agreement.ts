import type { Scenario } from './scenario.ts';
import type { ScenarioCluster } from './scenario-cluster.ts';

/** Commands and the failures of a few nodes, without crashes. Indices count from the last entry before the script: a term begins with an entry of its own (paper §8), the log with the configuration. */
export const agreement: readonly Scenario[] = [
  { name: 'basic agreement', nodes: 3, source: 'MIT 6.5840 3B: basic agreement', run: basicAgreement },
  { name: 'bytes', nodes: 3, source: 'MIT 6.5840 3B: RPC byte count', run: bytes },
  { name: 'follower failure', nodes: 3, source: 'MIT 6.5840 3B: test progressive failure of followers', run: followerFailure },
  { name: 'leader failure', nodes: 3, source: 'MIT 6.5840 3B: test failure of leaders', run: leaderFailure },
  { name: 'fail and agree', nodes: 3, source: 'MIT 6.5840 3B: agreement after follower reconnects', run: failAndAgree },
  { name: 'fail and not agree', nodes: 5, source: 'MIT 6.5840 3B: no agreement if too many followers disconnect', run: failAndNotAgree },
  { name: 'concurrent proposals', nodes: 3, source: 'MIT 6.5840 3B: concurrent Start()s', run: concurrentProposals },
  { name: 'rejoin', nodes: 3, source: 'MIT 6.5840 3B: rejoin of partitioned leader', run: rejoin },
  { name: 'backup', nodes: 5, source: 'MIT 6.5840 3B: leader backs up quickly over incorrect follower logs', run: backup },
  { name: 'message count', nodes: 3, source: "MIT 6.5840 3B: RPC counts aren't too high", run: messageCount },
];

function basicAgreement(cluster: ScenarioCluster): void {
  const leader = settledLeader(cluster);
  const before = cluster.lastApplied();
  for (let nth = 1; nth <= 3; nth++) {
    cluster.check(cluster.lastApplied() === before + nth - 1, () => `something is applied before it was proposed`);
    const { index } = cluster.agree(3, { once: true });
    cluster.check(index === before + nth, () => `command ${nth} stands at ${index}, expected ${before + nth}`);
  }
  cluster.check(cluster.leader() === leader, () => 'the leader changed without a failure');
}

/** One copy per peer, and 50,000 B for all else: what is sent again and again would show. */
function bytes(cluster: ScenarioCluster): void {
  settledLeader(cluster);
  cluster.network.count();
  for (let nth = 0; nth < 10; nth++) cluster.agree(3, { bytes: 5000, once: true });
  const allowed = 10 * 5000 * (cluster.nodes.length - 1) + 50_000;
  const { bytes: sent } = cluster.network;
  cluster.check(sent <= allowed, () => `${sent} bytes were sent, ${allowed} are allowed`);
  cluster.check(sent >= 10 * 5000 * (cluster.nodes.length - 1), () => `only ${sent} bytes were counted`);
}

function followerFailure(cluster: ScenarioCluster): void {
  cluster.agree(3);
  const leader = cluster.leader();
  const [one, other] = [cluster.next(leader), cluster.next(leader, 2)];
  cluster.cut(one);
  cluster.agree(2);
  cluster.runFor(cluster.timeoutMs);
  cluster.agree(2);
  const last = cluster.leader();
  cluster.cut(last === leader ? other : leader);
  const place = cluster.propose(last);
  cluster.check(place !== undefined, () => 'the leader takes no command');
  cluster.runFor(2 * cluster.timeoutMs);
  cluster.check(!cluster.wasApplied(place.id), () => 'a command was committed without a majority');
}

function leaderFailure(cluster: ScenarioCluster): void {
  cluster.agree(3);
  cluster.cut(cluster.leader());
  cluster.agree(2);
  cluster.runFor(cluster.timeoutMs);
  cluster.agree(2);
  const second = cluster.leader();
  const before = cluster.lastApplied();
  cluster.cut(second);
  const ids = cluster.nodes.flatMap(({ index }) => cluster.proposeAll(index, 2).map(({ id }) => id));
  cluster.check(ids.length > 0, () => 'nobody took a command');
  cluster.runFor(2 * cluster.timeoutMs);
  cluster.check(!ids.some((id) => cluster.wasApplied(id)), () => 'a command was committed without a majority');
  cluster.check(cluster.lastApplied() === before, () => 'something was applied without a majority');
}

function failAndAgree(cluster: ScenarioCluster): void {
  cluster.agree(3);
  const away = cluster.next(cluster.leader());
  cluster.cut(away);
  cluster.agree(2);
  cluster.agree(2);
  cluster.runFor(cluster.timeoutMs);
  cluster.agree(2);
  const last = cluster.agree(2);
  cluster.join(away);
  cluster.mustSee('the follower catches up', () => cluster.appliedUpTo(last.index) === 3, 4 * cluster.timeoutMs);
  cluster.agree(3);
  cluster.runFor(cluster.timeoutMs);
  cluster.agree(3);
}

function failAndNotAgree(cluster: ScenarioCluster): void {
  cluster.agree(5);
  const leader = cluster.leader();
  const away = [1, 2, 3].map((steps) => cluster.next(leader, steps));
  for (const node of away) cluster.cut(node);
  const place = cluster.propose(leader);
  cluster.check(place !== undefined, () => 'the leader takes no command');
  cluster.runFor(2 * cluster.timeoutMs);
  cluster.check(!cluster.wasApplied(place.id), () => 'a command was committed without a majority');
  for (const node of away) cluster.join(node);
  const second = cluster.leader();
  const next = cluster.propose(second);
  cluster.check(next !== undefined, () => 'the new leader takes no command');
  cluster.mustSee('the command is applied', () => cluster.applied(next) > 0);
  cluster.agree(5);
}

function concurrentProposals(cluster: ScenarioCluster): void {
  const leader = settledLeader(cluster);
  const { term } = cluster.node(leader);
  // Each is an event of its own, none waits for another.
  const places = Array.from({ length: 5 }, () => cluster.propose(leader)).filter((place) => place !== undefined);
  cluster.check(places.length === 5 && places.every((place) => place.term === term), () => 'not all were taken in one term');
  cluster.check(new Set(places.map(({ index }) => index)).size === 5, () => 'two commands have one place');
  cluster.mustSee('all five are applied everywhere', () => places.every((place) => cluster.applied(place) === 3), 2 * cluster.timeoutMs);
}

function rejoin(cluster: ScenarioCluster): void {
  cluster.agree(3);
  const first = cluster.leader();
  cluster.cut(first);
  const doomed = cluster.proposeAll(first, 3);
  cluster.check(doomed.length === 3, () => 'the old leader takes no command');
  cluster.agree(2);
  const second = cluster.leader();
  cluster.cut(second);
  cluster.join(first);
  cluster.agree(2);
  cluster.join(second);
  const { index } = cluster.agree(3);
  cluster.check(!doomed.some(({ id }) => cluster.wasApplied(id)), () => 'a command of the cut off leader was applied');
  cluster.mustSee('all logs end alike', () => cluster.nodes.every(({ disk }) => disk.lastIndex >= index), cluster.timeoutMs);
}

function backup(cluster: ScenarioCluster): void {
  cluster.agree(5);
  const first = cluster.leader();
  const mate = cluster.next(first);
  const three = [2, 3, 4].map((steps) => cluster.next(first, steps));
  // A leader with one follower: 50 commands that are doomed.
  for (const node of three) cluster.cut(node);
  cluster.check(cluster.proposeAll(first, 50).length === 50, () => 'the first leader takes no commands');
  cluster.runFor(cluster.timeoutMs / 2);
  cluster.cut(first);
  cluster.cut(mate);
  for (const node of three) cluster.join(node);
  agreeOnMany(cluster, 50, 3);
  // Of the three, the leader with one follower: 50 more that are doomed.
  const second = cluster.leader();
  const other = three.find((node) => node !== second) ?? second;
  cluster.cut(other);
  cluster.check(cluster.proposeAll(second, 50).length === 50, () => 'the second leader takes no commands');
  cluster.runFor(cluster.timeoutMs / 2);
  for (const { index } of cluster.nodes) cluster.cut(index);
  for (const node of [first, mate, other]) cluster.join(node);
  const refusals = new Map<number, number>();
  cluster.network.watch(({ from, message }) => {
    if (message.type === 'AppendEntriesReply' && !message.success) refusals.set(from, (refusals.get(from) ?? 0) + 1);
  });
  agreeOnMany(cluster, 50, 3);
  cluster.joinAll();
  cluster.agree(5);
  // Logs part in three places at most: a term is skipped at a time (paper §5.3), and connections that come anew ask once more.
  for (const [node, count] of refusals) cluster.check(count <= 12, () => `n${node} refused ${count} appends until its log was repaired`);
}

/** 50 commands one behind the other; each next one is given while the last is under way. */
function agreeOnMany(cluster: ScenarioCluster, count: number, wanted: number): void {
  cluster.agree(wanted);
  const leader = cluster.leader();
  const places = cluster.proposeAll(leader, count - 1);
  const last = places.at(-1);
  cluster.check(last !== undefined, () => 'the leader takes no commands');
  cluster.mustSee(`${wanted} apply all of them`, () => cluster.applied(last) >= wanted);
}

/**
 * The lab counts a request with its reply as one. Here each message counts: an election has its pre-votes too (two messages more per peer),
 * and the entry that opens the term.
 */
function messageCount(cluster: ScenarioCluster): void {
  const { network } = cluster;
  network.count();
  cluster.mustSee('a leader is elected', () => cluster.leaderNow() !== undefined, 10 * cluster.timeoutMs, 1);
  const { messages: election } = network;
  cluster.check(election >= 1 && election <= 30, () => `${election} messages for an election`);
  const leader = settledLeader(cluster);

  network.count();
  const places = Array.from({ length: 12 }, () => {
    const place = cluster.propose(leader);
    cluster.runFor(2);
    return place;
  }).filter((place) => place !== undefined);
  cluster.check(places.length === 12, () => 'the leader takes no commands');
  cluster.mustSee('12 commands are applied', () => places.every((place) => cluster.applied(place) === 3), cluster.timeoutMs);
  const { messages: agreed } = network;
  cluster.check(agreed <= 2 * 42, () => `${agreed} messages for 12 commands, 42 requests with replies are allowed`);

  cluster.runFor(cluster.timeoutMs);
  network.count();
  cluster.runFor(1000);
  const { messages: idle } = network;
  cluster.check(idle <= 2 * 60, () => `${idle} messages in an idle second, 60 requests with replies are allowed`);
  // I19: a heartbeat and its answer per peer.
  const beats = 1000 / cluster.config.heartbeatIntervalMs + 1;
  cluster.check(idle <= 2 * 2 * beats, () => `${idle} messages in an idle second of ${beats} heartbeats`);
}

/** A leader whose first entry everybody has applied. */
function settledLeader(cluster: ScenarioCluster): number {
  const leader = cluster.leader();
  const last = cluster.node(leader).status()?.lastIndex ?? 0;
  cluster.mustSee('the entry that opens the term is applied', () => cluster.appliedUpTo(last) === cluster.nodes.length);
  return leader;
}
