import type { Server } from 'node:http';
import { join } from 'node:path';
import { type ConfigInput, combineTransports, RaftNode } from '@raft/core';
import { fileStorage } from '@raft/storage-file';
import { tcpTransport } from '@raft/transport-tcp';
import { wsServerTransport } from '@raft/transport-ws/server';
import { counter } from '../counter.ts';

export type ServerId = 'n1' | 'n2';

/** Where the two servers keep their data, and where each is dialled. */
export interface Place {
  readonly folder: string;
  /** The tab dials `/n1` and `/n2` of it. */
  readonly http: Server;
  /** The servers dial each other. */
  readonly tcp: Readonly<Record<ServerId, string>>;
  readonly config: ConfigInput;
}

/** A voter on a server: joined with the other one by TCP, with the tab by WebSocket. */
export const startServer = (id: ServerId, { folder, http, tcp, config }: Place) =>
  RaftNode.start({
    id,
    peers: [{ id: 'n1', address: tcp.n1 }, { id: 'n2', address: tcp.n2 }, { id: 'tab' }],
    storage: fileStorage({ directory: join(folder, id) }),
    transport: combineTransports([tcpTransport({ listen: tcp[id] }), wsServerTransport({ server: http, path: `/${id}` })]),
    stateMachine: counter(),
    bootstrap: { clusterName: 'counters' },
    config,
  });
