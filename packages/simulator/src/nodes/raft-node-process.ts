import {
  type ConfigInput,
  type Identity,
  type NodeStatus,
  type ProtocolStatus,
  RaftError,
  type RaftEvent,
  RaftNode,
  type WriteBatch,
} from '@raft/core';
import type { Event } from '@raft/core/protocol';
import type { Message, Peer } from '@raft/wire';
import type { KvResult } from '../clients/kv-machine.ts';
import type { ClientOutcome } from '../clients/operation.ts';
import { Violation } from '../invariants/violation.ts';
import { describeBatch, describeMessage } from '../trace/trace.ts';
import type { CrashPoint } from '../world/plan.ts';
import type { Random } from '../world/random.ts';
import { AcknowledgedDisk } from './acknowledged-disk.ts';
import { KvStateMachine } from './kv-state-machine.ts';
import type { NodeTransport } from './node-transport.ts';
import { ProcessLife } from './process-life.ts';
import { AppliedTeller } from './raft-node-applied.ts';
import type { RaftNodeHost, RaftNodeProcessOptions } from './raft-node-host.ts';
import { MachineClock, SimClock } from './sim-clock.ts';
import type { NodeRequest, SimulatedNode } from './simulated-node.ts';
import type { StorageDevice } from './storage-device.ts';
import { WatchedMachine } from './watched-machine.ts';
import { WatchedStorage } from './watched-storage.ts';
import { WatchedTransport } from './watched-transport.ts';

type Node = RaftNode<unknown, unknown, unknown>;

/** Everything of one life. */
interface Present {
  readonly life: ProcessLife;
  readonly clock: SimClock;
  readonly storage: WatchedStorage;
  readonly network: NodeTransport;
  readonly transport: WatchedTransport;
  readonly applied: AppliedTeller;
  node: Node | undefined;
}

/** One node over all its lives: a process with a whole `RaftNode` in it, and its disk. */
export class RaftNodeProcess implements SimulatedNode {
  readonly index: number;
  readonly id: string;
  disk: AcknowledgedDisk;
  up = false;
  life = 0;
  lost = false;
  stopped = false;
  leads = false;
  term = 0;
  appliedIndex = 0;
  readonly #options: RaftNodeProcessOptions;
  readonly #host: RaftNodeHost;
  readonly #random: Random;
  readonly #clock: MachineClock;
  #device: StorageDevice;
  #present: Present | undefined;
  #calm = false;
  #commitIndex = 0;
  /** As of the last turn: what a batch of this turn was made from. */
  #before = { commitIndex: 0, term: 0 };
  /** What the oracle was told last of the status. */
  #told = '';

  constructor(options: RaftNodeProcessOptions) {
    this.#options = options;
    this.#host = options.host;
    this.index = options.index;
    this.id = `n${options.index}`;
    this.#random = options.host.randomOf(`process ${options.index}`);
    this.#clock = new MachineClock(options.host.queue, { rate: options.clockRate, startMs: this.#random.between(0, 1_000_000) });
    this.#device = options.makeDevice(options.storageId);
    this.disk = this.#newDisk(options.storageId, options.preformed);
  }

  identity(): Identity {
    const { storageId, clusterId } = this.disk;
    return (
      this.#present?.transport.identity() ?? (clusterId === undefined ? { id: this.id, storageId } : { id: this.id, storageId, clusterId })
    );
  }

  now(): number {
    return this.#clock.now();
  }

  status(): ProtocolStatus | undefined {
    return this.#present?.node?.status();
  }

  start(config: ConfigInput = this.#options.config): void {
    this.up = true;
    this.life++;
    this.stopped = false;
    this.leads = false;
    this.#told = '';
    this.#commitIndex = 0;
    this.#before = { commitIndex: 0, term: 0 };
    const present = this.#makePresent();
    this.#present = present;
    this.#note('start', () => `life ${this.life}, ${this.disk.storageId.slice(-4)}, log ${this.disk.firstIndex}..${this.disk.lastIndex}`);
    void this.#run(present, config);
  }

  crash(): void {
    this.up = false;
    this.leads = false;
    this.#present?.life.end();
    this.#present = undefined;
    this.#device.detach();
    this.#guard(() => this.#host.oracle.crashed(this));
  }

  /** The node ends in order: it settles every open request, then closes its transport and its storage. The process is still there. */
  async close(): Promise<void> {
    await this.#present?.node?.close();
  }

  /** The process is asked to end: its node closes, and then it is gone. */
  shutDown(): void {
    const present = this.#present;
    present?.life.run(() => {
      present.node?.close().then(
        () => {
          this.#note('closed', () => `with ${this.disk.unacknowledged} writes not acknowledged`);
          // What the requests came to is told first, as to any client.
          present.life.later(1, () => this.crash());
        },
        (error: unknown) => present.life.ended || this.#host.failed(error),
      );
    });
  }

  cutPower(surviving: number): void {
    this.#device.cutPower(surviving);
  }

  wipe(storageId: string): void {
    this.lost = true;
    this.#device = this.#options.makeDevice(storageId);
    if (this.#calm) this.#device.calmDown();
    this.disk = this.#newDisk(storageId, undefined);
  }

  pause(): void {
    this.#present?.life.pause();
  }

  resume(): void {
    this.#present?.life.resume(this.#random.chance(0.5));
  }

  coarsenTimers(grain: number): void {
    this.#clock.grain = grain;
    this.#present?.clock.changed();
  }

  jumpClock(microseconds: number): void {
    this.#clock.jump(microseconds);
    this.#present?.clock.changed();
  }

  stallDisk(microseconds: number): void {
    this.#device.stall(microseconds);
  }

  failDisk(): void {
    this.#device.fail();
  }

  /** While it is down: bits flip on its disk where a record vouches for them. False where the disk has no such place. */
  rotDisk(): boolean {
    return this.#device.rot();
  }

  takeSnapshot(): void {
    const present = this.#present;
    present?.life.run(() => {
      // It may well be refused: the node reports in its log why one could not be taken.
      present.node?.takeSnapshot().catch(() => undefined);
    });
  }

  calmDown(): void {
    this.#calm = true;
    // One whose disk is full may go on without its snapshots, and tries again only some entries later: it is to be started anew as well.
    this.stopped ||= this.#device.hasFailed;
    this.#device.calmDown();
  }

  deliver(event: Event & { readonly type: 'Receive' | 'Connected' | 'Disconnected' }): void {
    this.#present?.network.deliver(event);
  }

  submit(requests: readonly NodeRequest[], settled: (id: number, outcome: ClientOutcome) => void): void {
    const present = this.#present;
    if (present === undefined) return;
    const { life } = present;
    life.run(() => {
      for (const request of requests) {
        ask(present.node, request).then(
          (outcome) => life.later(0, () => settled(request.id, outcome)),
          (error: unknown) => life.ended || this.#host.failed(error),
        );
      }
    }, true);
  }

  async #run(present: Present, config: ConfigInput): Promise<void> {
    const { life, clock, storage, transport, applied } = present;
    const { bootstrap, peers, preformed } = this.#options;
    try {
      if (preformed !== undefined && !this.lost) await this.#device.preform(preformed);
      const machine = this.#options.makeMachine?.() ?? new KvStateMachine({ chunkBytes: this.#random.between(3, 40) });
      applied.machine = machine;
      const node: Node = await RaftNode.start<unknown, unknown, unknown>({
        id: this.id,
        storage,
        transport,
        stateMachine: new WatchedMachine(machine, life, applied),
        peers,
        ...(bootstrap ? { bootstrap: { clusterName: 'sim' } } : {}),
        config,
        clock,
        log: (event) => life.ended || this.#logged(event),
      });
      if (life.ended) return;
      present.node = node;
      this.#device.isDamaged = false;
      const status = node.status();
      this.term = status.term;
      this.#guard(() => this.#host.oracle.started(this, status));
    } catch (error) {
      if (!life.ended) this.#refused(error);
    }
  }

  #makePresent(): Present {
    const life = new ProcessLife(this.#host.queue);
    const { turnDelay, makeTransport } = this.#options;
    const clock = new SimClock({
      queue: this.#host.queue,
      life,
      machine: this.#clock,
      random: this.#host.randomOf(`node ${this.index} ${this.life}`),
      turnDelay: () => (turnDelay === 0 ? 0 : this.#random.between(0, turnDelay)),
      turned: () => this.#turned(),
    });
    const network = makeTransport(life, clock);
    const storage: WatchedStorage = new WatchedStorage({
      inner: this.#device.attach(life),
      life,
      disk: this.disk,
      watcher: {
        writes: (batch) => this.#writes(batch),
        written: () => this.#point('written'),
        durable: (batch) => this.#durable(batch),
        compacts: () => this.#observe(),
        isDamaged: () => this.#device.isDamaged,
        failed: (error) => this.#host.failed(error),
      },
    });
    const transport = new WatchedTransport(network.transport, life, {
      sends: (to, message) => this.#sends(to, message),
      sent: (message) => message.type === 'RequestVote' && this.#point('sent'),
      receives: (from, message) => {
        this.#note('receive', () => `from ${from.id}: ${describeMessage(message)}`);
        this.#guard(() => this.#host.oracle.receives(this, from, message));
      },
      connection: (kind, from) => this.#note(kind, () => `${from.id}/${from.storageId.slice(-4)}`),
    });
    const applied = new AppliedTeller({
      subject: this,
      disk: this.disk,
      oracle: this.#host.oracle,
      guard: (tell) => this.#guard(tell),
      observe: () => this.#observe(),
      restoredFrom: () => storage.openedMeta,
      progressed: (index) => {
        this.appliedIndex = index;
        this.#point('applied');
      },
      slowness: () => this.#applyDelay(),
    });
    return { life, clock, storage, network, transport, applied, node: undefined };
  }

  #newDisk(storageId: string, preformed: WriteBatch | undefined): AcknowledgedDisk {
    const disk = new AcknowledgedDisk(storageId);
    if (preformed !== undefined) {
      disk.hand(preformed);
      disk.acknowledge(preformed);
    }
    return disk;
  }

  #applyDelay(): number {
    const { applyDelay } = this.#options;
    return !this.#calm && applyDelay > 0 && this.#random.chance(0.2) ? this.#random.between(1, applyDelay) : 0;
  }

  #sends(to: Peer, message: Message): void {
    this.#observe();
    if (!this.up) return;
    this.#note('send', () => `to ${to.id}: ${describeMessage(message)}`);
    this.#guard(() => this.#host.oracle.sends(this, to, message));
    if (message.type === 'RequestVoteReply' && message.granted) this.#point('vote');
  }

  #writes(batch: WriteBatch): void {
    this.#observe();
    if (this.#point('beforeWrite')) return;
    this.#note('write', () => describeBatch(batch));
    this.#guard(() => this.#host.oracle.writes(this, batch, this.#before));
  }

  #durable(batch: WriteBatch): void {
    this.#note('durable', () => describeBatch(batch));
    if (batch.snapshot !== undefined && this.#point('installed')) return;
    this.#point('afterWrite');
  }

  #turned(): void {
    this.#observe();
    this.#before = { commitIndex: this.#commitIndex, term: this.term };
  }

  /** Tells what has changed since it was told last: before anything leaves that follows from it. */
  #observe(): void {
    const node = this.#present?.node;
    if (!this.up || node === undefined) return;
    const status = node.status();
    const key = keyOf(status);
    const elected = status.role === 'leader' && (!this.leads || status.term !== this.term);
    const committed = status.commitIndex > this.#commitIndex;
    this.leads = status.role === 'leader';
    this.term = status.term;
    this.#commitIndex = status.commitIndex;
    if (key !== this.#told) {
      this.#told = key;
      this.#guard(() => this.#host.oracle.stepped(this, status));
    }
    this.#present?.applied.passTo(status.lastApplied);
    if (elected && this.#point('elected')) return;
    if (committed) this.#point('committed');
  }

  #logged(event: RaftEvent): void {
    this.#note(event.type, () => JSON.stringify(event));
    if (event.type === 'stopped') {
      this.stopped = true;
      this.leads = false;
      if (!this.#device.hasFailed) this.#host.failed(new Violation('I22', `${this.id} stopped, and its disk is well: ${event.reason}`));
    }
  }

  /** The node did not start. */
  #refused(error: unknown): void {
    this.stopped = true;
    const text = error instanceof Error ? error.message : String(error);
    this.#note('refused', () => text);
    const isDamage = error instanceof RaftError && error.code === 'damaged';
    // As good as wiped: nobody may count on it any more.
    if (isDamage && this.#device.isDamaged) this.lost = true;
    else if (!this.#device.hasFailed) {
      this.#host.failed(new Violation(isDamage ? 'I18' : 'I22', `${this.id} does not start, and its disk is well: ${text}`));
    }
  }

  #point(point: CrashPoint): boolean {
    return this.up && !this.#calm && this.#host.crashPoint(this.index, point);
  }

  #note(kind: string, text: () => string): void {
    this.#host.note(this.index, kind, text);
  }

  /** What observers throw must not reach the node, which would take it for a failure of its own. */
  #guard(tell: () => void): void {
    try {
      tell();
    } catch (error) {
      this.#host.failed(error);
    }
  }
}

async function ask(node: Node | undefined, request: NodeRequest): Promise<ClientOutcome> {
  // Nobody listens yet, or not any more.
  if (node === undefined) return { type: 'rejected' };
  if (request.kind === 'read') {
    const read = await node.read(request.query);
    return read.outcome === 'served' ? { type: 'ok', index: read.index, result: read.value as KvResult } : { type: 'rejected' };
  }
  const proposed = await node.propose(request.data);
  if (proposed.outcome === 'committed') return { type: 'ok', index: proposed.index, result: proposed.result as KvResult };
  return { type: proposed.outcome };
}

function keyOf(status: NodeStatus): string {
  const { role, term, votedFor, leaderId, commitIndex, durableIndex, firstIndex, lastIndex, snapshotIndex } = status;
  return `${role} ${term} ${votedFor} ${leaderId} ${commitIndex} ${durableIndex} ${firstIndex} ${lastIndex} ${snapshotIndex}`;
}
