/** Entry of a child process: the memory cluster, three nodes over memory storages and a memory network. */
import { RaftNode } from '@raft/core';
import { memoryStorage } from '@raft/storage-memory';
import { memoryNetwork } from '@raft/transport-memory';
import { CountingMachine } from './counting-machine.ts';
import { load } from './load.ts';
import { countersOf, findLeader } from './member-calls.ts';
import { startProfile, stopProfile } from './profiler.ts';
import { serve } from './serve.ts';
import { StageClock } from './stages.ts';

const network = memoryNetwork({ encode: true });
const machines: CountingMachine[] = [];
const nodes: RaftNode<number, never, unknown>[] = [];
const stageClocks = new Map<string, StageClock>();

serve({
  start: async ({ members, config, stages }) => {
    const starting = members.map(async ({ id }) => {
      const machine = new CountingMachine();
      const storage = memoryStorage();
      const transport = network.transport({ id });
      if (stages) stageClocks.set(id, new StageClock(id));
      machines.push(machine);
      nodes.push(
        await RaftNode.start({
          id,
          storage: stageClocks.get(id)?.watchStorage(storage) ?? storage,
          transport: stageClocks.get(id)?.watchTransport(transport) ?? transport,
          stateMachine: machine,
          peers: members,
          config,
          bootstrap: { clusterName: 'bench' },
        }),
      );
    });
    await Promise.all(starting);
    return null;
  },
  findLeader: () => findLeader(nodes),
  load: (input) => {
    const leader = nodes.find((node) => node.status().role === 'leader');
    if (leader === undefined) throw new Error('no node leads');
    return load({ ...input, node: leader, stages: stageClocks.get(leader.status().id) });
  },
  counters: () => countersOf({ machines, syncs: null }),
  takeStages: () => [...stageClocks.values()].flatMap((clock) => clock.take()),
  startProfile: async () => {
    await startProfile();
    return null;
  },
  stopProfile: async ({ file }) => {
    await stopProfile(file);
    return null;
  },
  stop: async () => {
    await Promise.all(nodes.map((node) => node.close()));
    return null;
  },
});
