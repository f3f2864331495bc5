import type { ConfigInput } from '@raft/core';
import { askSecondOpinion } from '../linearizability/second-opinion.ts';
import { KvClients } from './kv-clients.ts';
import type { Scenario } from './scenario.ts';
import type { ScenarioCluster } from './scenario-cluster.ts';

/** So many entries have about the bytes that the labs allow a log before a snapshot is due. */
const every = 12;
const limitBytes = 1000;
const snapshots: ConfigInput = { snapshotEveryEntries: every, trailingEntries: 0, snapshotChunkBytes: 512 };
/** Short enough for an election between two partitions. */
const quick: ConfigInput = { electionTimeoutMs: 400, heartbeatIntervalMs: 100 };

/** What is done to the servers of a key-value store while clients use it. */
interface Mix {
  readonly clients: number;
  readonly keys?: number;
  readonly unreliable?: boolean;
  /** Every second two parts that hear nothing of each other are drawn anew. */
  readonly partitions?: boolean;
  /** After each round everybody crashes. */
  readonly crashes?: boolean;
  readonly snapshots?: boolean;
}

/** Linearizable by the order of the log (I15) in every moment, and at the end by a search that knows nothing of the log. */
export const kv: readonly Scenario[] = [
  mixed('kv one client', 5, '4B: one client', { clients: 1 }),
  mixed('kv many clients', 5, '4B: many clients', { clients: 5 }),
  mixed('kv unreliable', 5, '4B: unreliable net, many clients', { clients: 5, unreliable: true }),
  mixed('kv unreliable, one key', 3, '4B: unreliable net, many clients, one key', { clients: 3, keys: 1, unreliable: true }),
  { name: 'kv progress in the majority', nodes: 5, source: 'MIT 6.5840 4B: progress in majority, no progress in minority', run: majority },
  mixed('kv partitions, one client', 5, '4B: partitions, one client', { clients: 1, partitions: true }),
  mixed('kv partitions', 5, '4B: partitions, many clients', { clients: 5, partitions: true }),
  mixed('kv restarts, one client', 5, '4B: restarts, one client', { clients: 1, crashes: true }),
  mixed('kv restarts', 5, '4B: restarts, many clients', { clients: 5, crashes: true }),
  mixed('kv restarts, unreliable', 5, '4B: unreliable net, restarts, many clients', { clients: 5, crashes: true, unreliable: true }),
  mixed('kv restarts, partitions', 5, '4B: restarts, partitions, many clients', { clients: 5, crashes: true, partitions: true }),
  mixed('kv restarts, partitions, unreliable', 5, '4B: unreliable net, restarts, partitions, many clients', {
    clients: 5,
    crashes: true,
    partitions: true,
    unreliable: true,
  }),
  mixed('kv restarts, partitions, unreliable, 15 clients on 100 keys', 7, '4B: … random keys, many clients', {
    clients: 15,
    keys: 100,
    crashes: true,
    partitions: true,
    unreliable: true,
  }),
  { name: 'kv speed', nodes: 3, source: 'MIT 6.5840 4B: ops complete fast enough', run: speed },
  { name: 'kv speed with snapshots', nodes: 3, source: 'MIT 6.5840 4C: ops complete fast enough', config: snapshots, run: speed },
  { name: 'kv install snapshot', nodes: 3, source: 'MIT 6.5840 4C: InstallSnapshot RPC', config: snapshots, run: installSnapshot },
  { name: 'kv snapshot size', nodes: 3, source: 'MIT 6.5840 4C: snapshot size is reasonable', config: snapshots, run: snapshotSize },
  mixed('kv snapshots, restarts, one client', 5, '4C: restarts, snapshots, one client', { clients: 1, crashes: true, snapshots: true }),
  mixed('kv snapshots, restarts, 20 clients', 5, '4C: restarts, snapshots, many clients', {
    clients: 20,
    keys: 20,
    crashes: true,
    snapshots: true,
  }),
  mixed('kv snapshots, unreliable', 5, '4C: unreliable net, snapshots, many clients', { clients: 5, unreliable: true, snapshots: true }),
  mixed('kv snapshots, restarts, unreliable', 5, '4C: unreliable net, restarts, snapshots, many clients', {
    clients: 5,
    crashes: true,
    unreliable: true,
    snapshots: true,
  }),
  mixed('kv snapshots, restarts, partitions, unreliable', 5, '4C: unreliable net, restarts, partitions, snapshots, many clients', {
    clients: 5,
    crashes: true,
    partitions: true,
    unreliable: true,
    snapshots: true,
  }),
  mixed('kv snapshots, restarts, partitions, unreliable, 15 clients on 100 keys', 7, '4C: … snapshots, random keys, many clients', {
    clients: 15,
    keys: 100,
    crashes: true,
    partitions: true,
    unreliable: true,
    snapshots: true,
  }),
];

function mixed(name: string, nodes: number, source: string, mix: Mix): Scenario {
  return {
    name,
    nodes,
    source: `MIT 6.5840 ${source}`,
    config: { ...quick, ...(mix.snapshots === true && snapshots) },
    run: (cluster) => runMix(cluster, mix),
  };
}

function runMix(cluster: ScenarioCluster, mix: Mix): void {
  const { random, nodes, network } = cluster;
  const clients = new KvClients(cluster, { clients: mix.clients, keys: mix.keys ?? 10 });
  network.unreliable = mix.unreliable === true;
  for (let round = 0; round < 3; round++) {
    clients.start();
    for (let second = 0; second < 5; second++) {
      if (mix.partitions === true) {
        const side = nodes.map(() => random.chance(0.5));
        cluster.links((one, other) => side[one] === side[other]);
      }
      cluster.runFor(1000);
    }
    clients.stop();
    cluster.joinAll();
    cluster.runFor(2 * cluster.timeoutMs);
    if (mix.crashes === true) {
      cluster.crashAll();
      cluster.runFor(cluster.timeoutMs);
      cluster.startAll();
    }
    cluster.agree(nodes.length);
  }
  // With the servers in two parts a majority may take its time; otherwise clients are held up by elections only.
  const { served } = clients;
  cluster.check(served > (mix.partitions === true ? 20 : 150), () => `only ${served} operations were served`);
  if (mix.snapshots === true) checkLogs(cluster);
  secondOpinion(cluster);
}

function checkLogs(cluster: ScenarioCluster): void {
  for (const { index } of cluster.nodes) {
    const bytes = cluster.logBytes(index);
    cluster.check(bytes <= 8 * limitBytes, () => `the log of n${index} has ${bytes} bytes`);
  }
}

/** A search that is given up decides nothing, and is counted. */
function secondOpinion(cluster: ScenarioCluster): void {
  if (askSecondOpinion(cluster.history.history) !== 'ok') cluster.undecided++;
}

/** An operation is served by a round of messages and two of disks: no heartbeat is waited for. */
function speed(cluster: ScenarioCluster): void {
  const operations = 300;
  const leader = cluster.leader();
  cluster.agree(3);
  const since = cluster.nowMs;
  let served = 0;
  const next = () => {
    const request = served % 3 === 2 ? ({ kind: 'read', key: 'k' } as const) : ({ kind: 'append', key: 'k', value: '.' } as const);
    cluster.ask(leader, [{ client: 1, request }], (outcome) => {
      cluster.check(outcome.type === 'ok', () => `operation ${served} is ${outcome.type}`);
      served++;
      if (served < operations) next();
    });
  };
  next();
  const mostMs = (operations * cluster.config.heartbeatIntervalMs) / 3;
  cluster.mustSee(`${operations} operations are served`, () => served === operations, mostMs, 20);
  cluster.check(cluster.nowMs - since <= mostMs, () => `${operations} operations took ${cluster.nowMs - since} ms`);
  secondOpinion(cluster);
}

/** What is asked of a minority waits or fails; the majority goes on, and so does everybody once they are together again. */
function majority(cluster: ScenarioCluster): void {
  cluster.agree(5);
  const leader = cluster.leader();
  const minority = [leader, cluster.next(leader)];
  cluster.links((one, other) => minority.includes(one) === minority.includes(other));
  const outcomes: string[] = [];
  const ask = (node: number, request: 'put' | 'read') =>
    cluster.ask(
      node,
      [{ client: 1, request: request === 'put' ? { kind: 'put', key: 'k', value: 'x' } : { kind: 'read', key: 'k' } }],
      ({ type }) => {
        outcomes.push(type);
      },
    );
  for (const node of minority) {
    ask(node, 'put');
    ask(node, 'read');
  }
  cluster.mustSee(
    'the majority elects',
    () => cluster.nodes.some(({ leads, index }) => leads && !minority.includes(index)),
    6 * cluster.timeoutMs,
  );
  cluster.agree(3);
  cluster.check(!outcomes.includes('ok'), () => 'something is served without a majority');
  cluster.joinAll();
  cluster.agree(5);
  cluster.mustSee('whoever asked the minority hears what became of it', () => outcomes.length === 4);
  secondOpinion(cluster);
}

/** Who was away while the log was cut is brought up by a snapshot, and then makes a majority. */
function installSnapshot(cluster: ScenarioCluster): void {
  let installs = 0;
  cluster.network.watch(({ message }) => {
    if (message.type === 'InstallSnapshot') installs++;
  });
  cluster.agree(3);
  const leader = cluster.leader();
  const [mate, away] = [cluster.next(leader), cluster.next(leader, 2)];
  cluster.cut(away);
  for (let nth = 0; nth < 50; nth++) cluster.agree(2);
  cluster.mustSee('the log is cut', () => cluster.logBytes(leader) <= 8 * limitBytes, cluster.timeoutMs);
  cluster.cut(mate);
  cluster.join(away);
  cluster.agree(2);
  cluster.check(installs > 0, () => 'no snapshot was sent');
  cluster.join(mate);
  cluster.agree(3);
  checkLogs(cluster);
}

/** One key, written again and again: neither log nor snapshot grow. */
function snapshotSize(cluster: ScenarioCluster): void {
  for (let nth = 0; nth < 200; nth++) cluster.agree(2);
  cluster.agree(3);
  cluster.runFor(cluster.timeoutMs);
  checkLogs(cluster);
  for (const { index, disk } of cluster.nodes) cluster.check(disk.snapshot !== undefined, () => `n${index} has no snapshot`);
}
