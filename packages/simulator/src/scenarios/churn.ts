import type { Place } from './one-agreement.ts';
import type { Scenario } from './scenario.ts';
import type { ScenarioCluster } from './scenario-cluster.ts';

/** Many commands at once while nodes come and go. */
export const churn: readonly Scenario[] = [
  { name: 'unreliable agreement', nodes: 5, source: 'MIT 6.5840 3C: unreliable agreement', run: unreliableAgreement },
  { name: 'churn', nodes: 5, source: 'MIT 6.5840 3C: churn', run: (cluster) => churnFor(cluster, false) },
  { name: 'churn unreliable', nodes: 5, source: 'MIT 6.5840 3C: unreliable churn', run: (cluster) => churnFor(cluster, true) },
];

/** 49 times five agreements at once. */
function unreliableAgreement(cluster: ScenarioCluster): void {
  cluster.network.unreliable = true;
  for (let round = 0; round < 49; round++) {
    const agreements = Array.from({ length: 5 }, () => cluster.agreement(1));
    cluster.mustSee('five agreements are reached', () => agreements.map((agreement) => agreement.done()).every(Boolean), 10_000, 2);
  }
  cluster.network.unreliable = false;
  cluster.agree(5);
}

/** Clients ask whoever leads, and remember what they saw committed. */
interface Client {
  place: Place | undefined;
  /** When it looks next, and how often it has looked. */
  nextAt: number;
  looks: number;
}

const patience = [10, 20, 50, 100, 200];

function churnFor(cluster: ScenarioCluster, unreliable: boolean): void {
  const { random } = cluster;
  cluster.network.unreliable = unreliable;
  const seen: Place[] = [];
  const clients: Client[] = Array.from({ length: 3 }, () => ({ place: undefined, nextAt: 0, looks: 0 }));
  let over = false;
  const work = () => {
    if (over) return;
    for (const client of clients) act(cluster, client, seen);
    cluster.after(5, work);
  };
  work();
  for (let round = 0; round < 20; round++) {
    if (random.chance(0.2)) cluster.cut(random.pick(cluster.nodes).index);
    if (random.chance(0.5)) {
      const node = random.pick(cluster.nodes).index;
      cluster.start(node);
      cluster.join(node);
    }
    if (random.chance(0.2)) cluster.crash(random.pick(cluster.nodes).index);
    cluster.runFor(cluster.timeoutMs * 0.7);
  }
  cluster.runFor(cluster.timeoutMs);
  over = true;
  cluster.network.unreliable = false;
  cluster.startAll();
  cluster.joinAll();
  const last = cluster.agree(5);
  for (const place of seen) {
    cluster.check(cluster.applied(place) === 5, () => `command ${place.id} was seen committed at ${place.index}, and is not there`);
    cluster.check(place.index < last.index, () => `command ${place.id} stands behind one that came later`);
  }
  cluster.check(seen.length > 0, () => 'clients saw nothing committed');
}

function act(cluster: ScenarioCluster, client: Client, seen: Place[]): void {
  if (cluster.nowMs < client.nextAt) return;
  const { place } = client;
  if (place === undefined) {
    for (const { index } of cluster.nodes) client.place = cluster.propose(index) ?? client.place;
    client.looks = 0;
    client.nextAt = cluster.nowMs + (patience[0] ?? 0);
    return;
  }
  const done = cluster.applied(place) > 0;
  if (done) seen.push(place);
  client.looks++;
  if (done || client.looks >= patience.length) client.place = undefined;
  client.nextAt = cluster.nowMs + (done ? cluster.random.between(10, 30) : (patience[client.looks] ?? 0));
}
