import { type EventLog, RaftNode, type RaftNodeOptions } from '@raft/core';
import { indexedDbStorage } from '@raft/storage-indexeddb';
import { wsTransport } from '@raft/transport-ws';
import { counter } from '../counter.ts';

/** The third voter lives in a tab. It has no address, since nobody can dial it: it dials the two servers. Tests start it with `more`. */
export const startTab = (log: EventLog, more?: Partial<RaftNodeOptions<number, void, number>>) =>
  RaftNode.start({
    id: 'tab',
    peers: [{ id: 'n1', address: `ws://${location.host}/n1` }, { id: 'n2', address: `ws://${location.host}/n2` }, { id: 'tab' }],
    storage: indexedDbStorage({ name: 'counter' }),
    transport: wsTransport({ log }),
    stateMachine: counter(),
    bootstrap: { clusterName: 'counters' },
    log,
    ...more,
  });
