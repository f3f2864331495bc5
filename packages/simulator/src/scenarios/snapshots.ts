import type { ConfigInput } from '@raft/core';
import type { Scenario } from './scenario.ts';
import type { ScenarioCluster } from './scenario-cluster.ts';

const every = 10;
/** Nothing is kept behind a snapshot, and one goes in several chunks. */
const config: ConfigInput = { snapshotEveryEntries: every, trailingEntries: 0, snapshotChunkBytes: 32 };
const maxLogBytes = 2000;

export const snapshots: readonly Scenario[] = [
  { name: 'snapshot basic', nodes: 3, source: 'MIT 6.5840 3D: snapshots basic', config, run: (cluster) => rounds(cluster, {}) },
  {
    name: 'snapshot install, disconnected',
    nodes: 3,
    source: 'MIT 6.5840 3D: install snapshots (disconnect)',
    config,
    run: (cluster) => rounds(cluster, { victim: 'cut' }),
  },
  {
    name: 'snapshot install, disconnected, unreliable',
    nodes: 3,
    source: 'MIT 6.5840 3D: install snapshots (disconnect+unreliable)',
    config,
    run: (cluster) => rounds(cluster, { victim: 'cut', unreliable: true }),
  },
  {
    name: 'snapshot install, crashed',
    nodes: 3,
    source: 'MIT 6.5840 3D: install snapshots (crash)',
    config,
    run: (cluster) => rounds(cluster, { victim: 'crash' }),
  },
  {
    name: 'snapshot install, crashed, unreliable',
    nodes: 3,
    source: 'MIT 6.5840 3D: install snapshots (unreliable+crash)',
    config,
    run: (cluster) => rounds(cluster, { victim: 'crash', unreliable: true }),
  },
  { name: 'snapshot all crash', nodes: 3, source: 'MIT 6.5840 3D: crash and restart all servers', config, run: allCrash },
  { name: 'snapshot init', nodes: 3, source: 'MIT 6.5840 3D: snapshot initialization after crash', config, run: afterSnapshot },
];

function rounds(cluster: ScenarioCluster, how: { readonly victim?: 'cut' | 'crash'; readonly unreliable?: boolean }): void {
  const { random, network } = cluster;
  network.unreliable = how.unreliable === true;
  let installs = 0;
  network.watch(({ message }) => {
    if (message.type === 'InstallSnapshot') installs++;
  });
  cluster.agree(3);
  for (let round = 0; round < 30; round++) {
    const leader = cluster.leader();
    // Every third time it is the leader that goes away.
    const victim = round % 3 === 1 ? leader : cluster.next(leader);
    if (how.victim !== undefined) {
      if (how.victim === 'cut') cluster.cut(victim);
      else cluster.crash(victim);
      cluster.agree(2);
    }
    const sender = cluster.leader();
    cluster.proposeAll(sender, random.between(every / 2, (3 * every) / 2));
    const last = cluster.agree(how.victim === undefined ? 3 : 2);
    // What was applied is in a snapshot soon, and what is in a snapshot is cut from the log as soon as that is durable.
    const serving = cluster.nodes.filter(({ up, appliedIndex }) => up && appliedIndex >= last.index);
    const short = () => serving.every(({ index }) => cluster.logBytes(index) < maxLogBytes);
    cluster.mustSee(`no log has ${maxLogBytes} bytes in round ${round}`, short, 500);
    if (how.victim === undefined) continue;
    if (how.victim === 'cut') cluster.join(victim);
    else cluster.start(victim);
    cluster.agree(3);
    cluster.leader();
  }
  const wanted = how.victim === undefined ? installs === 0 : installs > 0;
  cluster.check(wanted, () => `${installs} chunks of snapshots were sent`);
}

/** Indices go on where they were. */
function allCrash(cluster: ScenarioCluster): void {
  cluster.agree(3);
  for (let round = 0; round < 5; round++) {
    cluster.proposeAll(cluster.leader(), cluster.random.between(every / 2, (3 * every) / 2));
    const before = cluster.agree(3);
    cluster.crashAll();
    cluster.runFor(cluster.random.between(0, cluster.timeoutMs));
    cluster.startAll();
    const after = cluster.agree(3);
    cluster.check(after.index > before.index, () => `index ${after.index} after a restart, ${before.index} before it`);
  }
}

/** A log that begins behind a snapshot serves at once, and again after another restart. */
function afterSnapshot(cluster: ScenarioCluster): void {
  cluster.agree(3);
  cluster.proposeAll(cluster.leader(), every + 1);
  cluster.agree(3);
  cluster.mustSee('everybody has a snapshot', () => cluster.nodes.every(({ disk }) => disk.snapshot !== undefined));
  for (let round = 0; round < 3; round++) {
    cluster.crashAll();
    cluster.startAll();
    cluster.check(
      cluster.nodes.every(({ disk }) => disk.snapshot !== undefined),
      () => 'a snapshot is gone after a restart',
    );
    cluster.agree(3);
  }
}
