import type { EventLog, RaftNodeOptions } from '@raft/core';
import { indexedDbStorage } from '@raft/storage-indexeddb';
import { wsTransport } from '@raft/transport-ws';
import { counter } from '../counter.ts';

/** The third voter lives in a tab: `await RaftNode.start(tabOptions(log))`. It has no address, since nobody can dial it: it dials the two servers. */
export const tabOptions = (log: EventLog): RaftNodeOptions<number, void, number> => ({
  id: 'tab',
  peers: [{ id: 'n1', address: `ws://${location.host}/n1` }, { id: 'n2', address: `ws://${location.host}/n2` }, { id: 'tab' }],
  storage: indexedDbStorage({ name: 'counter' }),
  transport: wsTransport({ log }),
  stateMachine: counter(),
  bootstrap: { clusterName: 'counters' },
  log,
});
