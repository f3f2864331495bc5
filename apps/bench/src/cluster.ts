import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Child } from './child.ts';
import type { Output } from './child-protocol.ts';
import { freePorts } from './free-ports.ts';
import type { WorkloadName } from './options.ts';

/** What was measured in one row of one round. */
export interface Measurement {
  readonly committed: number;
  /** Rejected or unknown. */
  readonly notCommitted: number;
  readonly elapsedMs: number;
  readonly latency: Output<'load'>['latency'];
  /** Commands that the leader's state machine saw meanwhile. */
  readonly applied: number;
  readonly cpuMicros: { readonly leader: number; readonly all: number };
  /** Null where there is no disk. */
  readonly syncs: { readonly leader: number; readonly all: number } | null;
  /** The largest resident set of the processes, at the end. */
  readonly residentBytes: number;
  readonly leaderId: string;
  /** Where the writes of a single client spent their time; empty unless asked for. */
  readonly stages: Output<'takeStages'>;
  /** False: another took over meanwhile, and the figures say little. */
  readonly ledThroughout: boolean;
}

export interface ClusterOptions {
  readonly workload: WorkloadName;
  /** Where a durable cluster has its files. */
  readonly directory: string;
  /** Options of every node, instead of the defaults. */
  readonly config: Readonly<Record<string, number>>;
  readonly stages: boolean;
  readonly signal: AbortSignal;
}

interface MeasureOptions {
  readonly clients: number;
  readonly seconds: number;
  readonly warmUpSeconds: number;
  /** Each process is profiled, into a file whose name begins with this. */
  readonly profilePath?: string;
}

interface Usage {
  readonly leader: Output<'counters'>;
  readonly all: readonly Output<'counters'>[];
}

const ids = ['n1', 'n2', 'n3'];
const leaderPollMs = 20;

/** Three nodes, in one process or three. */
export class Cluster implements AsyncDisposable {
  readonly #processes: readonly Child[];

  private constructor(processes: readonly Child[]) {
    this.#processes = processes;
  }

  /** Forms the cluster; doesn't wait for a leader. */
  static async start(options: ClusterOptions): Promise<Cluster> {
    const { config, stages, workload } = options;
    const ports = workload === 'durable' ? await freePorts(ids.length) : [];
    const members = ids.map((id, i) => ({ id, address: `tcp://127.0.0.1:${ports[i] ?? 0}` }));
    const script = workload === 'memory' ? new URL('./memory-cluster.ts', import.meta.url) : new URL('./member.ts', import.meta.url);
    const names = workload === 'memory' ? ['memory'] : ids;
    const cluster = new Cluster(names.map((name) => new Child({ name, script, signal: options.signal })));
    try {
      const starting = cluster.#processes.map(async (child, i) => {
        const member = members[i];
        if (workload === 'memory' || member === undefined) return child.call('start', { members, config, stages });
        const directory = join(options.directory, member.id);
        await mkdir(directory);
        return child.call('start', { members, self: { ...member, directory }, config, stages });
      });
      await Promise.all(starting);
      return cluster;
    } catch (error) {
      await cluster[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Writes at the leader for so long, after a warm-up that doesn't count. */
  async measure(options: MeasureOptions): Promise<Measurement> {
    const { clients, seconds, warmUpSeconds, profilePath } = options;
    const { leaderId, leader } = await this.#findLeader();
    await leader.call('load', { clients, seconds: warmUpSeconds });
    await this.#takeStages();
    const before = await this.#usage(leader);
    if (profilePath !== undefined) await Promise.all(this.#processes.map((child) => child.call('startProfile', null)));
    const { ledThroughout, ...result } = await leader.call('load', { clients, seconds });
    const after = await this.#usage(leader);
    if (profilePath !== undefined) await this.#stopProfiles({ leader, profilePath });
    return {
      ...result,
      applied: after.leader.applied - before.leader.applied,
      cpuMicros: difference({ before, after }, (counters) => counters.userMicros + counters.systemMicros),
      syncs: after.leader.syncs === null ? null : difference({ before, after }, (counters) => counters.syncs ?? 0),
      residentBytes: Math.max(...after.all.map((counters) => counters.residentBytes)),
      leaderId,
      stages: await this.#takeStages(),
      ledThroughout,
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#processes.map((child) => child[Symbol.asyncDispose]()));
  }

  async #findLeader(): Promise<{ leaderId: string; leader: Child }> {
    for (;;) {
      const found = await Promise.all(this.#processes.map((child) => child.call('findLeader', null)));
      const i = found.findIndex(({ led }) => led);
      const leaderId = found[i]?.leaderId;
      const leader = this.#processes[i];
      if (leader !== undefined && leaderId !== undefined && found.every((each) => each.leaderId === leaderId)) return { leaderId, leader };
      await sleep(leaderPollMs);
    }
  }

  async #takeStages(): Promise<Output<'takeStages'>> {
    return (await Promise.all(this.#processes.map((child) => child.call('takeStages', null)))).flat();
  }

  async #stopProfiles({ leader, profilePath }: { readonly leader: Child; readonly profilePath: string }): Promise<void> {
    const roleOf = (child: Child): string => (this.#processes.length === 1 ? 'all' : child === leader ? 'leader' : 'follower');
    const stopping = this.#processes.map((child) =>
      child.call('stopProfile', { file: `${profilePath}-${roleOf(child)}-${child.name}.cpuprofile` }),
    );
    await Promise.all(stopping);
  }

  async #usage(leader: Child): Promise<Usage> {
    const [ofLeader, ...ofOthers] = await Promise.all(
      [leader, ...this.#processes.filter((child) => child !== leader)].map((child) => child.call('counters', null)),
    );
    if (ofLeader === undefined) throw new Error('a cluster without processes');
    return { leader: ofLeader, all: [ofLeader, ...ofOthers] };
  }
}

function difference(
  { before, after }: { readonly before: Usage; readonly after: Usage },
  figure: (counters: Output<'counters'>) => number,
): { readonly leader: number; readonly all: number } {
  const total = (usage: Usage): number => usage.all.reduce((sum, counters) => sum + figure(counters), 0);
  return { leader: figure(after.leader) - figure(before.leader), all: total(after) - total(before) };
}
