import { RaftNode } from '@raft/core';
import { memoryStorage } from '@raft/storage-memory';
import { memoryNetwork } from '@raft/transport-memory';
import { counter } from './counter.ts';

const network = memoryNetwork();
const peers = [{ id: 'n1' }, { id: 'n2' }, { id: 'n3' }];
const start = (id: string) =>
  RaftNode.start({
    id,
    peers,
    storage: memoryStorage(),
    transport: network.transport({ id }),
    stateMachine: counter(),
    bootstrap: { clusterName: 'counters' },
  });

const [n1, n2, n3] = await Promise.all([start('n1'), start('n2'), start('n3')]);
await n1.waitForLeader();
console.log(await n1.propose(Uint8Array.of(5))); // { outcome: 'committed', index: 3, result: 5 }
console.log(await n2.propose(Uint8Array.of(7))); // { outcome: 'committed', index: 4, result: 12 }
console.log(await n3.read()); // { outcome: 'served', index: 4, value: 12 }
await Promise.all([n1, n2, n3].map((node) => node.close()));
