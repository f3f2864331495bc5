import type { Config, Identity, ProtocolStatus, Vitals } from '@raft/core';
import { type Event, type Outgoing, Raft, type Ready } from '@raft/core/protocol';
import type { ClientOutcome } from '../clients/operation.ts';
import { Violation } from '../invariants/violation.ts';
import { describeBatch, describeEvent, describeOutgoing } from '../trace/trace.ts';
import type { CrashPoint } from '../world/plan.ts';
import type { Random } from '../world/random.ts';
import { Applier } from './applier.ts';
import { AwaitingDisk } from './awaiting-disk.ts';
import { LocalClock } from './local-clock.ts';
import type { ProtocolWorld } from './node-world.ts';
import { ProcessLife } from './process-life.ts';
import { RecordDisk } from './record-disk.ts';
import { RecordStorage } from './record-storage.ts';
import { Requests } from './requests.ts';
import type { NodeRequest, SimulatedNode } from './simulated-node.ts';
import { Transfers } from './transfers.ts';

/** What a process holds, and loses when it ends. */
interface Process {
  readonly raft: Raft;
  readonly config: Config;
  readonly storage: RecordStorage;
  readonly applier: Applier;
  readonly transfers: Transfers;
  readonly requests: Requests;
  readonly awaiting: AwaitingDisk;
  gathering: boolean;
  snapshotting: boolean;
  snapshotIndex: number;
  /** As of the last Ready: within a batch of steps a cut may have come in an earlier term than the batch ends with. */
  before: { readonly commitIndex: number; readonly term: number };
  /** Behind the last event. */
  vitals: Vitals;
  readonly status: () => ProtocolStatus;
}

/** A node whose process drives the protocol alone, doing every part of each Ready, over a disk of records. */
export class ProtocolNode implements SimulatedNode {
  readonly index: number;
  readonly id: string;
  disk: RecordDisk;
  up = false;
  life = 0;
  lost = false;
  stopped = false;
  leads = false;
  term = 0;
  private readonly world: ProtocolWorld;
  private readonly random: Random;
  private readonly clock: LocalClock;
  private process: Process | undefined;
  private present: ProcessLife;
  private calm = false;
  /** What its handshakes said last: asked for with every message. */
  private introduced: Identity;

  constructor(world: ProtocolWorld, index: number, disk: RecordDisk) {
    this.world = world;
    this.index = index;
    this.id = `n${index}`;
    this.disk = disk;
    this.introduced = { id: this.id, storageId: disk.storageId };
    // None yet.
    this.present = new ProcessLife(world.queue);
    this.present.end();
    this.random = world.randomOf(`process ${index}`);
    this.clock = new LocalClock(world.queue, { rate: world.plan.clockRates[index] ?? 1, start: this.random.between(0, 1_000_000) });
  }

  get appliedIndex(): number {
    return this.process?.applier.machine.index ?? 0;
  }

  identity(): Identity {
    const { storageId, clusterId } = this.disk;
    const { introduced } = this;
    if (introduced.storageId !== storageId || introduced.clusterId !== clusterId) {
      this.introduced = clusterId === undefined ? { id: this.id, storageId } : { id: this.id, storageId, clusterId };
    }
    return this.introduced;
  }

  now(): number {
    return this.clock.now();
  }

  status(): ProtocolStatus | undefined {
    return this.up ? this.process?.raft.status() : undefined;
  }

  start(config: Config = this.world.plan.config): void {
    const { plan, trace, queue, oracle } = this.world;
    this.disk.recover();
    this.up = true;
    this.life++;
    this.stopped = false;
    this.leads = false;
    this.present = new ProcessLife(queue);
    const { disk } = this;
    trace.note(
      queue.now,
      this.index,
      'start',
      () => `life ${this.life}, ${disk.storageId.slice(-4)}, log ${disk.firstIndex}..${disk.lastIndex}`,
    );
    const applier = this.newApplier();
    const members = plan.clockRates.map((_, member) => ({ id: `n${member}` }));
    const bootstraps = (plan.bootstrap & (1 << this.index)) !== 0;
    const raft = new Raft({
      id: this.id,
      state: disk.open(),
      config,
      seed: this.random.u32(),
      now: this.now(),
      ...(bootstraps ? { bootstrap: { clusterName: 'sim', members } } : {}),
    });
    this.process = {
      raft,
      config,
      applier,
      storage: this.newStorage(),
      transfers: this.newTransfers(),
      requests: new Requests(this.id, (key) => ({ index: applier.machine.index, result: applier.machine.read(key) })),
      awaiting: new AwaitingDisk(),
      gathering: false,
      snapshotting: false,
      snapshotIndex: 0,
      before: { commitIndex: 0, term: 0 },
      vitals: raft.vitals(),
      status: () => raft.status(),
    };
    const status = raft.status();
    oracle.started(this, status);
    applier.start();
    this.term = status.term;
    this.takeReady(this.process);
  }

  crash(): void {
    this.up = false;
    this.leads = false;
    this.life++;
    this.present.end();
    this.clock.cancel();
    this.process?.storage.end();
    this.process = undefined;
    this.world.oracle.crashed(this);
  }

  cutPower(surviving: number): void {
    const { length } = this.disk.unsynced;
    const kept = Math.round(length * surviving);
    this.world.stats.lostWrites += length - kept;
    this.world.trace.note(this.world.queue.now, this.index, 'power cut', () => `${kept} of ${length} unsynced writes survive`);
    this.disk.cutPower(kept);
  }

  wipe(storageId: string): void {
    this.lost = true;
    this.disk = new RecordDisk(storageId);
    this.world.trace.note(this.world.queue.now, this.index, 'wipe', () => `now ${storageId.slice(-4)}`);
  }

  pause(): void {
    this.present.pause();
  }

  resume(): void {
    this.present.resume(this.random.chance(0.5));
  }

  calmDown(): void {
    this.calm = true;
    this.process?.storage.calmDown();
  }

  coarsenTimers(grain: number): void {
    this.clock.coarsen(grain);
  }

  jumpClock(microseconds: number): void {
    this.clock.jump(microseconds);
  }

  stallDisk(microseconds: number): void {
    this.process?.storage.stallNext(microseconds);
  }

  failDisk(): void {
    this.process?.storage.failNext();
  }

  rotDisk(): boolean {
    return false;
  }

  takeSnapshot(): void {
    this.present.run(() => this.snapshot());
  }

  deliver(event: Event): void {
    // Nothing is made for the occasion: nearly everything comes by here, and hardly anything waits.
    if (this.up && !this.present.paused) this.step(event);
    else this.present.run(() => this.step(event));
    // Whatever wakes the process wakes it: late timers are seen to then.
    if (this.clock.isCoarse) this.present.run(() => this.clock.isOverdue && this.step({ type: 'Tick' }));
  }

  submit(requests: readonly NodeRequest[], settled: (id: number, outcome: ClientOutcome) => void): void {
    const { present } = this;
    const soon = (id: number, outcome: ClientOutcome) => this.world.queue.after(0, () => present.ended || settled(id, outcome));
    const open = () => {
      for (const request of requests) this.process?.requests.add(request, soon);
      const proposals = requests.flatMap((request) => (request.kind === 'command' ? [{ id: request.id, data: request.data }] : []));
      if (proposals.length > 0) this.step({ type: 'Propose', proposals });
      for (const request of requests) if (request.kind === 'read') this.step({ type: 'Read', id: request.id });
      this.present.later(this.world.plan.config.outcomeTimeoutMs * 1000, () => {
        for (const { id } of requests) this.process?.requests.expire(id);
      });
    };
    this.present.run(open, true);
  }

  private step(event: Event): void {
    const { process } = this;
    if (process === undefined) return;
    const { trace, stats, oracle, queue, plan } = this.world;
    stats.steps++;
    trace.noteOf(queue.now, this.index, event.type, event, describeEvent);
    if (event.type === 'Receive') oracle.receives(this, event.from, event.message);
    const status = this.handle(process.raft, event);
    process.vitals = status;
    const { leads, term } = this;
    const commitIndex = process.before.commitIndex;
    this.leads = status.role === 'leader';
    this.term = status.term;
    oracle.stepped(this, status);
    if (this.leads && (!leads || term !== this.term) && this.crashPoint('elected')) return;
    if (status.commitIndex > commitIndex && this.leads && this.crashPoint('committed')) return;
    if (plan.gather === 0) {
      this.takeReady(process);
    } else if (!process.gathering) {
      process.gathering = true;
      this.present.later(this.random.between(0, plan.gather), () => this.takeReady(process));
    }
  }

  private handle(raft: Raft, event: Event): Vitals {
    try {
      raft.step(event, this.now());
    } catch (error) {
      throw new Violation('I22', `step(${event.type}) of ${this.id} threw: ${error instanceof Error ? error.stack : error}`);
    }
    return raft.vitals();
  }

  private takeReady(process: Process): void {
    process.gathering = false;
    const { oracle, plan } = this.world;
    const { raft } = process;
    const ready = raft.takeReady();
    oracle.took(this, ready, process.status);
    this.clock.wakeAt(ready.wakeAt, this.tick);
    const { before, vitals } = process;
    process.before = vitals;
    if (ready.write !== undefined)
      oracle.writes(this, ready.write, { commitIndex: before.commitIndex, term: plan.gather === 0 ? vitals.term : before.term });
    for (const outgoing of ready.messages) this.send(outgoing);
    if (this.process !== process) return;
    if (ready.write !== undefined && !this.write(process, ready.write)) return;
    if (!this.hold(process, ready)) return;
    process.transfers.take(ready);
    process.applier.take(ready);
    for (const outcome of ready.outcomes) this.tellOutcome(process, outcome);
    for (const read of ready.reads) process.requests.readOutcome(read);
    if (ready.reads.length > 0) process.requests.serveReads(process.applier.machine.index);
    this.maybeSnapshot(process);
  }

  private tellOutcome(process: Process, outcome: Ready['outcomes'][number]): void {
    this.world.trace.note(this.world.queue.now, this.index, 'outcome', () =>
      'rejected' in outcome
        ? `operation ${outcome.id} ${outcome.rejected}`
        : `operation ${outcome.id} appended at ${outcome.appended.index}@${outcome.appended.term}`,
    );
    process.requests.outcome(outcome, process.applier.machine.index);
  }

  private write(process: Process, write: NonNullable<Ready['write']>): boolean {
    if (this.crashPoint('beforeWrite')) return false;
    const { ticket, ...batch } = write;
    process.awaiting.lastTicket = ticket;
    this.world.trace.note(this.world.queue.now, this.index, 'write', () => `#${ticket}${describeBatch(batch)}`);
    process.storage.write(batch, ticket);
    return !this.crashPoint('written');
  }

  /** False: the process has ended meanwhile. */
  private hold(process: Process, ready: Ready): boolean {
    if (!this.sendAll(process, process.awaiting.hold(ready))) return false;
    this.afterDurable(process);
    return true;
  }

  private sendAll(process: Process, messages: readonly Outgoing[]): boolean {
    for (const message of messages) {
      this.send(message);
      if (this.process !== process) return false;
    }
    return true;
  }

  /** A write reached the disk. Its process goes on with what waited for it: later, if it is paused. */
  private durable(ticket: number): void {
    this.present.run(() => {
      const { process } = this;
      if (process === undefined) return;
      process.awaiting.durableTicket = ticket;
      if (this.crashPoint('afterWrite') || !this.sendAll(process, process.awaiting.takeMessages())) return;
      this.afterDurable(process);
      process.applier.runSoon();
    });
  }

  private afterDurable({ awaiting, config }: Process): void {
    const { world } = this;
    if (awaiting.takeFormed()) {
      world.stats.formed++;
      world.reconnect();
    }
    const due = awaiting.takeCompactions();
    if (due.length === 0) return;
    world.stats.compactions++;
    // Advisory: a storage may keep what it was told to drop, until it is told again.
    if (config.snapshotEveryEntries === 0 || this.random.chance(0.9)) for (const to of due) this.disk.compact(to);
  }

  private send(outgoing: Outgoing): void {
    if (!this.up) return;
    const { message, to } = outgoing;
    const { world } = this;
    world.trace.noteOf(world.queue.now, this.index, 'send', outgoing, describeOutgoing);
    world.oracle.sends(this, to, message);
    if (message.type === 'RequestVoteReply' && message.granted && this.crashPoint('vote')) return;
    if (message.type === 'InstallSnapshotReply' && message.installed && this.crashPoint('installed')) return;
    world.send(outgoing);
    if (message.type === 'RequestVote') this.crashPoint('sent');
  }

  private readonly tick = (lateMs: number): void => {
    if (this.up && !this.present.paused) this.step({ type: 'Tick', lateMs });
    else this.present.run(() => this.step({ type: 'Tick', lateMs }));
  };

  /** True: this process has just ended. */
  private crashPoint(point: CrashPoint): boolean {
    return !this.calm && this.world.crashPoint(this.index, point);
  }

  private maybeSnapshot(process: Process): void {
    const { snapshotEveryEntries: every } = process.config;
    if (every === 0) return;
    const last = Math.max(process.snapshotIndex, this.disk.snapshot?.meta.lastIncludedIndex ?? 0);
    if (process.applier.machine.index - last >= every) this.snapshot();
  }

  private snapshot(): void {
    const { process } = this;
    if (process === undefined || process.snapshotting || this.stopped) return;
    const last = Math.max(process.snapshotIndex, this.disk.snapshot?.meta.lastIncludedIndex ?? 0);
    const image = process.applier.machine.index > last ? process.applier.snapshot() : undefined;
    if (image === undefined) return;
    process.snapshotting = true;
    process.snapshotIndex = image.meta.lastIncludedIndex;
    this.present.later(process.storage.latency() * 2, () => {
      process.snapshotting = false;
      this.world.stats.snapshotsTaken++;
      this.disk.commitImage(image);
      this.step({ type: 'SnapshotTaken', meta: image.meta });
    });
  }

  private newApplier(): Applier {
    const host = {
      subject: this,
      oracle: this.world.oracle,
      later: (job: () => void) =>
        this.present.later(this.calm ? Math.min(this.world.plan.applyDelay, 200) : this.world.plan.applyDelay, job),
      durableTicket: () => this.process?.awaiting.durableTicket ?? 0,
      applied: ({ index, term }: { readonly index: number; readonly term: number }, result: Parameters<Requests['applied']>[1]['result']) =>
        this.process?.requests.applied(index, { term, result }),
      restored: (index: number) => this.process?.requests.restored(index),
      progressed: (index: number) => {
        if (this.crashPoint('applied')) return;
        this.process?.requests.serveReads(index);
        this.step({ type: 'Applied', index });
      },
    };
    return new Applier(host, this.random.pick([1, 10, 100]));
  }

  private newStorage(): RecordStorage {
    const { queue, plan, stats } = this.world;
    const storage = new RecordStorage({
      disk: this.disk,
      queue,
      random: this.world.randomOf(`disk ${this.index} ${this.life}`),
      latency: plan.diskLatency,
      stallTimeout: plan.config.stallTimeoutMs * 1000,
      stats,
      listener: {
        durable: (ticket) => this.durable(ticket),
        persisted: (ticket) => this.present.run(() => this.step({ type: 'Persisted', ticket })),
        failed: () => {
          this.stopped = true;
          this.present.run(() => this.step({ type: 'PersistFailed', reason: 'disk broken' }));
        },
        stalled: () => this.present.run(() => this.step({ type: 'Stalled' })),
      },
    });
    if (this.calm) storage.calmDown();
    return storage;
  }

  private newTransfers(): Transfers {
    return new Transfers({
      id: this.id,
      disk: this.disk,
      random: this.random,
      stats: this.world.stats,
      later: (job) => this.present.later(this.process?.storage.latency() ?? 0, job),
      deliver: (event) => this.step(event),
      faulty: () => !this.calm,
    });
  }
}
