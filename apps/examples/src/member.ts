import { RaftNode } from '@raft/core';
import { fileStorage } from '@raft/storage-file';
import { tcpTransport } from '@raft/transport-tcp';
import { counter } from './counter.ts';

// One process for each member: node member.ts DIRECTORY n1 n1=tcp://10.0.0.1:7000 n2=tcp://10.0.0.2:7000 n3=tcp://10.0.0.3:7000
const [, , directory = '', id = '', ...members] = process.argv;
const peers = members.map((member) => {
  const [peer = '', address = ''] = member.split('=');
  return { id: peer, address };
});
const own = peers.find((peer) => peer.id === id);
if (own === undefined) throw new Error(`${id} is not among ${members.join(' ')}`);

const node = await RaftNode.start({
  id,
  peers,
  storage: fileStorage({ directory }),
  transport: tcpTransport({ listen: own.address }),
  stateMachine: counter(),
  bootstrap: { clusterName: 'counters' },
});
process.once('SIGTERM', () => void node.close());
await node.waitForLeader();
console.log(await node.propose(Uint8Array.of(1)));
