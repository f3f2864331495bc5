import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type KvClient, kvClient, type StatusAnswer } from '../src/index.ts';
import { freePorts } from './ports.ts';
import { type Exit, Program } from './program.ts';
import { until } from './until.ts';

/** One `raft-kv serve`, and what outlives it. */
export interface Place {
  readonly id: string;
  readonly data: string;
  readonly url: string;
  readonly args: readonly string[];
}

/** Three `raft-kv serve` processes with real files and TCP, in a folder of their own. */
export class ProcessCluster implements AsyncDisposable {
  readonly folder: string;
  readonly places: readonly Place[];
  readonly client: KvClient;
  readonly #programs = new Map<string, Program>();

  private constructor(folder: string, places: readonly Place[]) {
    this.folder = folder;
    this.places = places;
    this.client = kvClient({ endpoints: places.map(({ url }) => url) });
  }

  /** Nothing runs yet. */
  static async create(): Promise<ProcessCluster> {
    const folder = await mkdtemp(join(tmpdir(), 'raft-kv-'));
    const ids = ['n1', 'n2', 'n3'];
    const ports = await freePorts(2 * ids.length);
    const raft = ids.map((_id, n) => `127.0.0.1:${ports[2 * n]}`);
    const cluster = ids.map((id, n) => `${id}=${raft[n]}`).join(',');
    const places = ids.map((id, n): Place => {
      const http = `127.0.0.1:${ports[2 * n + 1]}`;
      const data = join(folder, id);
      const args = ['serve', '--id', id, '--data', data, '--http', http, '--raft', raft[n] ?? '', '--cluster', cluster, '--bootstrap'];
      return { id, data, url: `http://${http}`, args };
    });
    return new ProcessCluster(folder, places);
  }

  static async start(): Promise<ProcessCluster> {
    const cluster = await ProcessCluster.create();
    for (const { id } of cluster.places) cluster.run(id);
    await cluster.leader();
    return cluster;
  }

  place(id: string): Place {
    const place = this.places.find((each) => each.id === id);
    if (place === undefined) throw new Error(`no place ${id}`);
    return place;
  }

  program(id: string): Program {
    const program = this.#programs.get(id);
    if (program === undefined) throw new Error(`${id} does not run`);
    return program;
  }

  run(id: string): Program {
    const program = new Program(this.place(id).args);
    this.#programs.set(id, program);
    return program;
  }

  async kill(id: string, signal: 'SIGINT' | 'SIGTERM' | 'SIGKILL'): Promise<Exit> {
    const exit = await this.program(id).kill(signal);
    this.#programs.delete(id);
    return exit;
  }

  /** What a node says of itself, undefined when it says nothing. */
  async status(id: string): Promise<StatusAnswer | undefined> {
    const at = this.places.findIndex((place) => place.id === id);
    const answer = (await this.client.status())[at];
    return answer !== undefined && 'status' in answer ? answer.status : undefined;
  }

  /** The node that two others or more, itself among them, follow. */
  leader(): Promise<string> {
    return until('a leader', async () => {
      const answers = (await this.client.status()).flatMap((answer) => ('status' in answer ? [answer.status] : []));
      const leader = answers.find(
        ({ role, id, term }) => role === 'leader' && answers.filter((other) => other.leaderId === id && other.term === term).length >= 2,
      );
      return leader?.id;
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.client.close();
    await Promise.all([...this.#programs.values()].map((program) => program.kill('SIGKILL')));
    await rm(this.folder, { recursive: true, force: true });
  }
}
