import type { ConfigInput, RaftEvent } from '@raft/core';
import { type MemoryDisk, memoryDisk, memoryStorage } from '@raft/storage-memory';
import { type MemoryNetwork, memoryNetwork } from '@raft/transport-memory';
import { type KvServer, type KvServerOptions, startKvServer } from '../src/index.ts';
import { until } from './until.ts';

export interface ClusterOptions {
  readonly size?: number;
  readonly config?: ConfigInput;
  readonly requestTimeoutMs?: number;
  readonly limits?: Pick<KvServerOptions, 'maxValueBytes' | 'maxBodyBytesHeld'>;
}

/** One server, and what outlives it. */
export interface ServerMember {
  readonly id: string;
  readonly disk: MemoryDisk;
  readonly server: KvServer;
  readonly events: RaftEvent[];
}

/** For tests that are about elections. */
export const quick: ConfigInput = { electionTimeoutMs: 300, heartbeatIntervalMs: 50, outcomeTimeoutMs: 1000 };
/** For the others: no leader loses its place because the machine is busy. */
const calm: ConfigInput = { electionTimeoutMs: 2000, heartbeatIntervalMs: 50, outcomeTimeoutMs: 20_000 };

/** Key-value servers of one process: real HTTP on free ports, memory storages and network. */
export class MemoryCluster implements AsyncDisposable {
  readonly network: MemoryNetwork = memoryNetwork();
  readonly members: readonly ServerMember[];

  private constructor(network: MemoryNetwork, members: readonly ServerMember[]) {
    this.network = network;
    this.members = members;
  }

  static async start({ size = 3, config, requestTimeoutMs = 5000, limits }: ClusterOptions = {}): Promise<MemoryCluster> {
    const network = memoryNetwork();
    const ids = Array.from({ length: size }, (_, n) => `n${n + 1}`);
    const members = await Promise.all(
      ids.map(async (id): Promise<ServerMember> => {
        const disk = memoryDisk();
        const events: RaftEvent[] = [];
        const server = await startKvServer({
          id,
          storage: memoryStorage({ disk }),
          transport: network.transport({ id }),
          peers: ids.map((peer) => ({ id: peer })),
          bootstrap: { clusterName: 'test' },
          http: { host: '127.0.0.1', port: 0 },
          config: { ...calm, ...config },
          requestTimeoutMs,
          ...limits,
          log: (event) => events.push(event),
        });
        return { id, disk, server, events };
      }),
    );
    const cluster = new MemoryCluster(network, members);
    await cluster.leader();
    return cluster;
  }

  /** The node that the majority takes for the leader. */
  leader(among: readonly ServerMember[] = this.members): Promise<ServerMember> {
    return until('a leader', () =>
      among.find(({ id, server }) => {
        const followers = among.filter((member) => member.server.node.status().leaderId === id);
        return server.node.status().role === 'leader' && 2 * followers.length > this.members.length;
      }),
    );
  }

  async follower(): Promise<ServerMember> {
    const leader = await this.leader();
    const follower = this.members.find((member) => member !== leader);
    if (follower === undefined) throw new Error('there is no follower');
    return follower;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.members.map(({ server }) => server.close()));
  }
}
