import type { ConfigInput } from '@raft/core';
import type { ClientOutcome, KvRequest } from '../clients/operation.ts';
import { RaftNodeProcess } from '../nodes/raft-node-process.ts';
import type { Scenario } from './scenario.ts';
import type { ScenarioCluster } from './scenario-cluster.ts';
import { Turns } from './turns.ts';

const config: ConfigInput = { electionTimeoutMs: 400, heartbeatIntervalMs: 100, snapshotEveryEntries: 20, trailingEntries: 5 };

/** What stands between users and the protocol: requests, and the machine that answers them. So whole nodes run here. */
export const stateMachineLayer: readonly Scenario[] = [
  layer('submits everywhere', '4A: basic', everywhere),
  layer('submits in a minority', '4A: submits in a minority neither succeed nor hang', minority),
  layer('restart', '4A: restart replays to the same value', restart),
  layer('shutdown', '4A: pending submits return at shutdown', shutdown),
  layer('old submits', '4A: no submit is confused with an older one', oldSubmits),
];

function layer(name: string, source: string, run: (cluster: ScenarioCluster, turns: Turns) => Promise<void>): Scenario {
  return {
    name: `state machine layer, ${name}`,
    nodes: 3,
    source: `MIT 6.5840 ${source}`,
    config,
    level: 'node',
    run: (cluster) => run(cluster, new Turns(cluster)),
  };
}

/** What became of several requests to one node. */
interface Submitted {
  readonly ids: readonly number[];
  readonly outcomes: ClientOutcome[];
}

function submit(cluster: ScenarioCluster, node: number, requests: readonly KvRequest[]): Submitted {
  const outcomes: ClientOutcome[] = [];
  const asked = requests.map((request) => ({ client: node, request }));
  return { ids: cluster.ask(node, asked, (outcome) => outcomes.push(outcome)), outcomes };
}

function appends(count: number, text: string): readonly KvRequest[] {
  return Array.from({ length: count }, (_, nth) => ({ kind: 'append', key: 'k', value: `${text}${nth};` }));
}

/** Asks until it is served, by whoever it is. */
async function served(cluster: ScenarioCluster, turns: Turns, request: KvRequest): Promise<ClientOutcome & { readonly type: 'ok' }> {
  for (let attempt = 0; attempt < 50; attempt++) {
    const { outcomes } = submit(cluster, await turns.leader(), [request]);
    await turns.mustSee('a request is settled', () => outcomes.length === 1);
    const [outcome] = outcomes;
    if (outcome?.type === 'ok') return outcome;
    await turns.runFor(cluster.timeoutMs / 4);
  }
  cluster.check(false, () => `${request.kind} is never served`);
}

function none(outcomes: readonly ClientOutcome[]): boolean {
  return !outcomes.some(({ type }) => type === 'ok');
}

/** Leader or not: each node takes requests, and answers with the result. */
async function everywhere(cluster: ScenarioCluster, turns: Turns): Promise<void> {
  const leader = await turns.leader();
  const knows = () => cluster.nodes.every((node) => node.status()?.leaderId === `n${leader}`);
  await turns.mustSee('everybody knows the leader', knows);
  const submitted = cluster.nodes.map(({ index }) => submit(cluster, index, appends(10, `${index}.`)));
  await turns.mustSee('all are settled', () => submitted.every(({ outcomes }) => outcomes.length === 10));
  const ok = submitted.every(({ outcomes }) => outcomes.every(({ type }) => type === 'ok'));
  cluster.check(ok, () => 'a request is not served without a failure');
  const { result } = await served(cluster, turns, { kind: 'read', key: 'k' });
  cluster.check(result.value?.split(';').length === 31, () => `after 30 appends the value is ${result.value}`);
}

async function minority(cluster: ScenarioCluster, turns: Turns): Promise<void> {
  await served(cluster, turns, { kind: 'put', key: 'k', value: 'a' });
  const leader = await turns.leader();
  cluster.cut(leader);
  const { ids, outcomes } = submit(cluster, leader, appends(100, 'lost'));
  const others = cluster.nodes.filter(({ index }) => index !== leader);
  await turns.mustSee('the majority elects', () => others.some(({ leads }) => leads));
  await served(cluster, turns, { kind: 'put', key: 'k', value: 'b' });
  cluster.check(none(outcomes), () => 'a submit succeeds in a minority');
  await turns.mustSee('each submit returns', () => outcomes.length === 100, cluster.config.outcomeTimeoutMs + cluster.timeoutMs);
  cluster.join(leader);
  await served(cluster, turns, { kind: 'put', key: 'k', value: 'c' });
  await turns.runFor(4 * cluster.timeoutMs);
  cluster.check(none(outcomes), () => 'a submit to a minority succeeded in the end');
  cluster.check(!ids.some((id) => cluster.wasApplied(id)), () => 'a submit to a minority is applied');
}

/** Twice, by a snapshot and the log behind it. */
async function restart(cluster: ScenarioCluster, turns: Turns): Promise<void> {
  for (let round = 0; round < 2; round++) {
    for (let nth = 0; nth < 15; nth++) await served(cluster, turns, { kind: 'append', key: 'k', value: `${round}.${nth};` });
    const before = await served(cluster, turns, { kind: 'read', key: 'k' });
    cluster.crashAll();
    await turns.runFor(cluster.timeoutMs);
    cluster.startAll();
    const after = await served(cluster, turns, { kind: 'read', key: 'k' });
    cluster.check(before.result.value === after.result.value, () => `${before.result.value} became ${after.result.value} in a restart`);
    await turns.mustSee('everybody has replayed it', () => cluster.appliedUpTo(after.index) === 3);
  }
}

/** Requests that no majority will ever answer: to close the node settles them all. */
async function shutdown(cluster: ScenarioCluster, turns: Turns): Promise<void> {
  await served(cluster, turns, { kind: 'put', key: 'k', value: 'a' });
  const leader = await turns.leader();
  for (const { index } of cluster.nodes) cluster.cut(index, 'never');
  const submitted = cluster.nodes.map(({ index }) => submit(cluster, index, [...appends(20, `${index}.`), { kind: 'read', key: 'k' }]));
  await turns.runFor(cluster.timeoutMs / 4);
  const atLeader = submitted[leader]?.outcomes.length ?? 0;
  cluster.check(atLeader === 0, () => `${atLeader} submits returned before the shutdown`);
  let closed = 0;
  for (const node of cluster.nodes) if (node instanceof RaftNodeProcess) void node.close().then(() => closed++);
  await turns.mustSee('all nodes are closed', () => closed === 3, cluster.timeoutMs);
  await turns.mustSee('each submit returns', () => submitted.every(({ outcomes }) => outcomes.length === 21), cluster.timeoutMs);
  cluster.check(
    submitted.every(({ outcomes }) => none(outcomes)),
    () => 'a submit succeeds without a majority',
  );
}

/** Others are committed at the very places that the old leader's submits had; and a restarted node owes nothing to what its earlier life was asked. */
async function oldSubmits(cluster: ScenarioCluster, turns: Turns): Promise<void> {
  await served(cluster, turns, { kind: 'put', key: 'k', value: 'a' });
  for (let round = 0; round < 3; round++) {
    const old = await turns.leader();
    cluster.cut(old, 'never');
    const stale = submit(cluster, old, appends(10, `old${round}.`));
    const others = cluster.nodes.filter(({ index }) => index !== old);
    await turns.mustSee('the majority elects', () => others.some(({ leads }) => leads));
    for (let nth = 0; nth < 10; nth++) await served(cluster, turns, { kind: 'append', key: 'k', value: `new${round}.${nth};` });
    if (round === 2) cluster.crash(old);
    cluster.join(old);
    cluster.start(old);
    const fresh = await served(cluster, turns, { kind: 'append', key: 'k', value: `last${round};` });
    await turns.mustSee('the old leader catches up', () => cluster.node(old).appliedIndex >= fresh.index);
    await turns.mustSee('each old submit returns', () => stale.outcomes.length === 10);
    // Which results are told to whom is watched at every answer (I16): here that the old ones are told none.
    cluster.check(none(stale.outcomes), () => 'an old submit is answered with what stands at its place now');
    cluster.check(!stale.ids.some((id) => cluster.wasApplied(id)), () => 'an old submit is applied');
  }
}
