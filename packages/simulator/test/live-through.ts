import { FileDevice } from '../src/devices/file-device.ts';
import { limitsFor, streamTransport } from '../src/devices/stream-transport.ts';
import { StreamNetwork } from '../src/devices/streams.ts';
import { type Hardware, SmallCluster, type SmallClusterOptions } from './small-cluster.ts';

/** Real file storage on simulated disks, and the real transport over simulated streams. */
export function devices(cluster: SmallCluster): Hardware {
  const random = cluster.randomOf('hardware');
  const { queue, seed } = cluster;
  const note = (machine: number, kind: string, text: () => string) => cluster.note(machine, kind, text);
  const streams = new StreamNetwork({ queue, seed, latency: random.pick([300, 1000, 5000]), timeout: 200_000, note });
  return {
    streams,
    makeTransport: (life, machine, clock) => streamTransport({ network: streams, machine, life, clock, ...limitsFor(200) }),
    makeDevice: (storageId) => {
      const log = (event: { readonly type: string }) => cluster.note(Number(storageId[0]) - 1, event.type, () => JSON.stringify(event));
      const segmentBytes = random.pick([1500, 4096, 16_384]);
      return new FileDevice({ storageId, queue, random: cluster.randomOf(`disk ${storageId}`), latency: 2000, segmentBytes, log });
    },
  };
}

/** Writes and reads while anything happens to nodes, disks and streams; then everybody must agree. */
export async function liveThrough(options: SmallClusterOptions, rounds: number): Promise<SmallCluster> {
  const cluster = new SmallCluster(options);
  const random = cluster.randomOf('faults');
  for (const { index } of cluster.nodes) cluster.start(index);
  await cluster.until(() => cluster.leader !== undefined);
  for (let round = 0; round < rounds; round += 1) {
    for (let count = 0; count < 4; count += 1) cluster.put(random.between(0, 2), `${round}.${count}`);
    cluster.read(random.between(0, 2), 'k1');
    await cluster.run(random.between(1, 60));
    harm(cluster, random.between(0, 10));
    await cluster.run(random.between(1, 600));
    if (random.chance(0.5)) cluster.streams?.partition(() => true, 0);
    if (random.chance(0.5)) cluster.streams?.weather({ loss: 0, duplicate: 0, reorder: 0, late: 0 });
    for (const node of cluster.nodes) {
      node.resume();
      if (node.stopped && random.chance(0.5)) cluster.crash(node.index, random.pick([0, 0.5, 1]));
      cluster.start(node.index);
    }
  }
  await heal(cluster);
  return cluster;
}

function harm(cluster: SmallCluster, fate: number): void {
  const random = cluster.randomOf(`harm ${cluster.queue.now}`);
  const victim = cluster.node(random.between(0, 2));
  if (fate <= 1) cluster.crash(victim.index, random.pick([0, 0.3, 0.5, 0.9, 1]));
  else if (fate === 2) victim.pause();
  else if (fate === 3) victim.stallDisk(700_000);
  else if (fate === 4) victim.jumpClock(300_000);
  else if (fate === 5) victim.failDisk();
  else if (fate === 6) cluster.streams?.weather({ loss: 0.1, duplicate: 0.1, reorder: 0.1, late: 0.02 });
  else if (fate === 7) {
    const oneWay = random.chance(0.4);
    cluster.streams?.partition((from, to) => from !== victim.index && (oneWay || to !== victim.index), 50_000);
  } else if (fate === 8) victim.takeSnapshot();
  else victim.coarsenTimers(random.pick([0, 50_000]));
}

/** No faults any more: within twenty election time-outs all logs and states are the same. */
async function heal(cluster: SmallCluster): Promise<void> {
  cluster.streams?.heal();
  cluster.streams?.partition(() => true, 0);
  for (const node of cluster.nodes) {
    node.calmDown();
    node.coarsenTimers(0);
  }
  // A disk that was about to fail may do so yet: who halts is started again.
  for (let round = 0; round < 3; round += 1) {
    for (const node of cluster.nodes) if (node.stopped) cluster.crash(node.index);
    for (const node of cluster.nodes) cluster.start(node.index);
    await cluster.run(300);
  }
  const last = () => cluster.leader?.status()?.lastIndex ?? -1;
  const areAlike = () => cluster.nodes.every(({ appliedIndex, disk }) => appliedIndex === last() && disk.lastIndex === last());
  await cluster.until(areAlike, 4000);
}
