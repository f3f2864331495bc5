/** Entry of a child process: one node of the durable cluster, and the load when it leads. */
import { RaftNode } from '@raft/core';
import { tcpTransport } from '@raft/transport-tcp';
import { countSyncs } from './count-syncs.ts';
import { CountingMachine } from './counting-machine.ts';
import { load } from './load.ts';
import { countersOf, findLeader } from './member-calls.ts';
import { startProfile, stopProfile } from './profiler.ts';
import { serve } from './serve.ts';
import { StageClock } from './stages.ts';

const syncCount = await countSyncs();
// Not before: it may take Node's functions for itself as it loads.
const { fileStorage } = await import('@raft/storage-file');
const machine = new CountingMachine();
let node: RaftNode<number, never, unknown> | undefined;
let stageClock: StageClock | undefined;

function started(): RaftNode<number, never, unknown> {
  if (node === undefined) throw new Error('not started');
  return node;
}

serve({
  start: async ({ members, self, config, stages }) => {
    if (self === undefined) throw new Error('a member must be told who it is');
    const storage = fileStorage({ directory: self.directory });
    const transport = tcpTransport({ listen: self.address });
    if (stages) stageClock = new StageClock(self.id);
    node = await RaftNode.start({
      id: self.id,
      storage: stageClock?.watchStorage(storage) ?? storage,
      transport: stageClock?.watchTransport(transport) ?? transport,
      stateMachine: machine,
      peers: members,
      config,
      bootstrap: { clusterName: 'bench' },
    });
    return null;
  },
  findLeader: () => findLeader([started()]),
  load: (input) => load({ ...input, node: started(), stages: stageClock }),
  counters: () => countersOf({ machines: [machine], syncs: syncCount() }),
  takeStages: () => stageClock?.take() ?? [],
  startProfile: async () => {
    await startProfile();
    return null;
  },
  stopProfile: async ({ file }) => {
    await stopProfile(file);
    return null;
  },
  stop: async () => {
    await node?.close();
    return null;
  },
});
