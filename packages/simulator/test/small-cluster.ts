import type { Clock, WriteBatch } from '@raft/core';
import type { Event } from '@raft/core/protocol';
import { type Configuration, encodeConfiguration, encodeEntry, type Message, type Peer } from '@raft/wire';
import { encodeOperation } from '../src/clients/kv-machine.ts';
import type { ClientOutcome } from '../src/clients/operation.ts';
import { settle } from '../src/devices/settle.ts';
import { type StreamNetwork, streamAddress } from '../src/devices/streams.ts';
import type { AppliedEntry, Observer } from '../src/invariants/observer.ts';
import { oracleOf } from '../src/invariants/oracle.ts';
import { MessageTransport } from '../src/nodes/message-transport.ts';
import type { NodeTransport } from '../src/nodes/node-transport.ts';
import type { ProcessLife } from '../src/nodes/process-life.ts';
import type { RaftNodeHost } from '../src/nodes/raft-node-host.ts';
import { RaftNodeProcess } from '../src/nodes/raft-node-process.ts';
import { RecordDevice } from '../src/nodes/record-device.ts';
import type { StorageDevice } from '../src/nodes/storage-device.ts';
import { EventQueue } from '../src/world/event-queue.ts';
import type { CrashPoint } from '../src/world/plan.ts';
import { Random } from '../src/world/random.ts';

/** What the nodes of a small cluster are made of. */
export interface Hardware {
  readonly makeDevice: (storageId: string) => StorageDevice;
  readonly makeTransport: (life: ProcessLife, node: number, clock: Clock) => NodeTransport;
  /** Where bytes are carried instead of messages. */
  readonly streams?: StreamNetwork;
}

export interface SmallClusterOptions {
  readonly seed: number;
  readonly preformed?: boolean;
  /** How often a process ends at a point where it may. */
  readonly crashPoints?: number;
  readonly hardware?: (cluster: SmallCluster) => Partial<Hardware>;
  readonly observers?: readonly Observer[];
}

const electionTimeoutMs = 200;

/** Three whole nodes, a network that loses nothing but what its ends lose, and the loop that drives them. */
export class SmallCluster {
  readonly queue = new EventQueue();
  readonly lines: string[] = [];
  readonly nodes: readonly RaftNodeProcess[];
  readonly seed: number;
  readonly outcomes = new Map<number, ClientOutcome>();
  readonly #crashPoints: number;
  readonly #random: Random;
  readonly #hardware: Hardware;
  readonly #applied = new Map<number, string>();
  #failure: unknown;
  #lastId = 0;

  constructor(options: SmallClusterOptions) {
    this.seed = options.seed;
    this.#crashPoints = options.crashPoints ?? 0;
    this.#random = this.randomOf('cluster');
    this.#hardware = { ...this.#records(), ...options.hardware?.(this) };
    const checks: Observer = { applies: (node, applied) => this.#applies(node.id, applied) };
    const host: RaftNodeHost = {
      queue: this.queue,
      oracle: oracleOf([checks, ...(options.observers ?? [])]),
      note: (node, kind, text) => this.note(node, kind, text),
      randomOf: (concern) => this.randomOf(concern),
      crashPoint: (node, point) => this.#crashPoint(node, point),
      failed: (error) => {
        this.#failure ??= error;
      },
    };
    const ids = [0, 1, 2].map((node) => `${node + 1}`.repeat(32));
    const preformed = options.preformed === false ? undefined : formed(ids);
    this.nodes = ids.map(
      (storageId, index) =>
        new RaftNodeProcess({
          host,
          index,
          storageId,
          config: {
            electionTimeoutMs,
            heartbeatIntervalMs: 40,
            snapshotEveryEntries: 10,
            trailingEntries: 2,
            snapshotChunkBytes: 64,
            maxCachedBytes: 300,
          },
          peers: ids.map((_, node) => ({ id: `n${node}`, ...(this.#hardware.streams && { address: streamAddress(node) }) })),
          bootstrap: true,
          ...(preformed && { preformed }),
          makeDevice: this.#hardware.makeDevice,
          makeTransport: (life, clock) => this.#hardware.makeTransport(life, index, clock),
          clockRate: 1,
          turnDelay: 200,
          applyDelay: 2000,
        }),
    );
  }

  randomOf(concern: string): Random {
    return new Random(this.seed, concern);
  }

  note(node: number, kind: string, text: () => string): void {
    this.lines.push(`${this.queue.now}\tn${node}\t${kind}\t${text()}`);
  }

  node(index: number): RaftNodeProcess {
    const node = this.nodes[index];
    if (node === undefined) throw new Error(`no node ${index}`);
    return node;
  }

  get streams(): StreamNetwork | undefined {
    return this.#hardware.streams;
  }

  /** What happened, each kind once. */
  get kinds(): readonly string[] {
    return [...new Set(this.lines.map((line) => line.split('\t')[2] ?? ''))];
  }

  get leader(): RaftNodeProcess | undefined {
    return this.nodes.filter(({ leads, up }) => leads && up).toSorted((one, other) => other.term - one.term)[0];
  }

  start(index: number): void {
    const node = this.node(index);
    if (node.up) return;
    node.start();
    if (this.#hardware.streams) this.#hardware.streams.restarted(index);
    else for (const other of this.nodes) if (other !== node) this.#connect(node, other);
  }

  crash(index: number, surviving = 1): void {
    const node = this.node(index);
    if (!node.up) return;
    this.note(index, 'crash', () => `${surviving}`);
    const who = node.identity();
    node.crash();
    this.#hardware.streams?.crashed(index, this.#random.chance(0.3));
    if (surviving < 1) node.cutPower(surviving);
    if (this.#hardware.streams) return;
    for (const other of this.nodes) if (other !== node && other.up) this.#deliverTo(other, { type: 'Disconnected', from: who }, 300);
  }

  /** One write by way of this node; its outcome is kept by its id. */
  put(index: number, value: string): number {
    const id = ++this.#lastId;
    const data = encodeOperation({ id, command: { kind: 'append', key: `k${id % 3}`, value } });
    this.node(index).submit([{ kind: 'command', id, data }], (settled, outcome) => this.outcomes.set(settled, outcome));
    return id;
  }

  read(index: number, key: string): number {
    const id = ++this.#lastId;
    this.node(index).submit([{ kind: 'read', id, query: key }], (settled, outcome) => this.outcomes.set(settled, outcome));
    return id;
  }

  /** Lets so many milliseconds pass: after each event all promises that hang on it. */
  async run(milliseconds: number): Promise<void> {
    const end = this.queue.now + milliseconds * 1000;
    for (;;) {
      const more = this.queue.runNext(end);
      await settle();
      if (this.#failure !== undefined) throw this.#failure;
      if (!more) return;
    }
  }

  async until(holds: () => boolean, milliseconds = 20_000): Promise<void> {
    for (let waited = 0; waited < milliseconds; waited += 50) {
      if (holds()) return;
      await this.run(50);
    }
    if (!holds()) throw new Error(`in vain: ${holds}\n${this.lines.slice(-40).join('\n')}`);
  }

  /** The same entry and state at each index, whoever applies it. */
  #applies(id: string, { entry, digest }: AppliedEntry): void {
    const here = `${entry.term} ${digest}`;
    const known = this.#applied.get(entry.index) ?? here;
    if (known !== here) throw new Error(`${id} comes to ${here} at ${entry.index}, others to ${known}`);
    this.#applied.set(entry.index, here);
  }

  #crashPoint(index: number, point: CrashPoint): boolean {
    if (!this.#random.chance(this.#crashPoints)) return false;
    this.note(index, 'crash point', () => point);
    this.crash(index, this.#random.pick([1, 1, 0, 0.5]));
    this.queue.after(this.#random.between(100, 400_000), () => this.start(index));
    return true;
  }

  #records(): Hardware {
    return {
      makeDevice: (storageId) =>
        new RecordDevice({ storageId, queue: this.queue, random: this.randomOf(`disk ${storageId}`), latency: 1000 }),
      makeTransport: (life, node) =>
        new MessageTransport(
          { send: (to, message) => this.#send(node, to, message), reconnect: () => this.#reconnect(this.node(node)) },
          life,
        ),
    };
  }

  #send(from: number, to: Peer, message: Message): void {
    const target = this.nodes.find(({ id }) => id === to.id);
    if (target !== undefined) this.#deliverTo(target, { type: 'Receive', from: this.node(from).identity(), message }, 500);
  }

  #connect(node: RaftNodeProcess, other: RaftNodeProcess): void {
    this.queue.after(1000, () => {
      if (!node.up || !other.up) return;
      node.deliver({ type: 'Connected', from: other.identity() });
      other.deliver({ type: 'Connected', from: node.identity() });
    });
  }

  #reconnect(node: RaftNodeProcess): void {
    for (const other of this.nodes) if (other !== node) this.#connect(node, other);
  }

  #deliverTo(target: RaftNodeProcess, event: Event & { readonly type: 'Receive' | 'Connected' | 'Disconnected' }, delay: number): void {
    this.queue.after(delay, () => target.deliver(event));
  }
}

function formed(ids: readonly string[]): WriteBatch {
  const configuration: Configuration = { voters: ids.map((storageId, node) => ({ id: `n${node}`, storageId })) };
  const entry = encodeEntry({ index: 1, term: 1, kind: 'configuration', data: encodeConfiguration(configuration) });
  return { hardState: { currentTerm: 1, votedFor: null }, clusterId: '0'.repeat(32), entries: [entry] };
}
