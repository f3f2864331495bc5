import type { Raft } from '@raft/core/protocol';
import type { Event, Outcome, Outgoing, ReadOutcome, Ready } from '@raft/core/protocol';
import type { RaftOptions } from '@raft/core/protocol';
import type { Identity } from '@raft/core';
import type { Checks } from '../invariants/checks.ts';
import type { EventQueue } from '../world/event-queue.ts';
import type { Knobs } from '../world/knobs.ts';
import type { Random } from '../world/random.ts';
import { Applier } from './applier.ts';
import type { RecordDisk } from './record-disk.ts';
import type { Endpoint } from '../world/network.ts';
import { RecordStorage } from './record-storage.ts';
import { Transfers } from './transfers.ts';
import type { Stats } from '../trace/stats.ts';
import { describeEvent, describeMessage, type Trace } from '../trace/trace.ts';
import { demand, Violation } from '../invariants/violation.ts';

/** The part of {@link Raft} that a process drives. */
export type Protocol = Pick<Raft, 'step' | 'takeReady' | 'status'>;

/** How a zoo makes a process go wrong. */
export interface Tamper {
  readonly create?: (options: RaftOptions) => Protocol;
  readonly ready?: (ready: Ready) => Ready;
  /** The protocol hears of a write's end when it begins. */
  readonly persistsEarly?: boolean;
}

/** What a process needs of the world around it. */
export interface World {
  readonly queue: EventQueue;
  readonly knobs: Knobs;
  readonly checks: Checks;
  readonly stats: Stats;
  readonly trace: Trace;
  readonly tamper: Tamper;
  readonly randomOf: (concern: string) => Random;
  readonly create: (options: RaftOptions) => Protocol;
  readonly send: (from: number, outgoing: Outgoing) => void;
  readonly reconnect: (node: number) => void;
  readonly outcome: (node: number, outcome: Outcome) => void;
  readonly read: (node: number, outcome: ReadOutcome) => void;
  readonly applied: (node: number, index: number) => void;
  readonly crash: (node: number) => void;
}

type CrashPoint = 'vote' | 'elected' | 'beforeWrite' | 'written' | 'afterWrite' | 'sent';

/** One node over all its lives: a process that drives a protocol, doing every part of each Ready, and its disk. */
export class ProtocolNode implements Endpoint {
  readonly index: number;
  readonly id: string;
  disk: RecordDisk;
  up = false;
  life = 0;
  /** Never to come back: its disk was wiped, and its place in the configuration is lost. */
  lost = false;
  stopped = false;
  leads = false;
  term = 0;
  applier: Applier;
  private readonly world: World;
  private readonly random: Random;
  private readonly clockStart: number;
  private readonly clockRate: number;
  private raft: Protocol | undefined;
  private storage: RecordStorage | undefined;
  private transfers: Transfers | undefined;
  private paused: { readonly job: () => void; readonly request: boolean }[] | undefined;
  private held: Ready['messagesAfter'][number][] = [];
  private durableTicket = 0;
  private compactions: { readonly to: number; readonly ticket: number }[] = [];
  private forming: { readonly ticket: number } | undefined;
  private lastTicket = 0;
  private gathering = false;
  private snapshotting = false;
  private snapshotIndex = 0;
  /** As of the last Ready: within a batch of steps a cut may have come in an earlier term than the batch ends with. */
  private before = { commitIndex: 0, term: 0 };
  private timer = 0;
  private timerDue = Number.POSITIVE_INFINITY;
  private wakeAt = Number.POSITIVE_INFINITY;
  private calm = false;
  /** Timers fire at multiples of this many microseconds, as in a hidden tab; 0: when they are due. */
  private timerGrain = 0;
  private slowed = false;

  constructor(world: World, index: number, disk: RecordDisk) {
    this.world = world;
    this.index = index;
    this.id = `n${index}`;
    this.disk = disk;
    this.random = world.randomOf(`process ${index}`);
    this.clockRate = world.knobs.clockRates[index] ?? 1;
    this.clockStart = this.random.between(0, 1_000_000);
    this.applier = this.newApplier();
  }

  identity(): Identity {
    const { storageId, clusterId } = this.disk;
    return clusterId === undefined ? { id: this.id, storageId } : { id: this.id, storageId, clusterId };
  }

  now(): number {
    return this.clockStart + (this.world.queue.now * this.clockRate) / 1000;
  }

  start(): void {
    const { knobs, tamper, trace, queue, checks } = this.world;
    this.up = true;
    this.life++;
    this.stopped = false;
    this.leads = false;
    this.slowed = false;
    this.timerDue = Number.POSITIVE_INFINITY;
    this.held = [];
    this.compactions = [];
    this.forming = undefined;
    this.durableTicket = 0;
    this.lastTicket = 0;
    this.gathering = false;
    this.snapshotting = false;
    this.snapshotIndex = 0;
    this.paused = undefined;
    this.applier = this.newApplier();
    this.storage = this.newStorage();
    this.transfers = this.newTransfers();
    trace.note(
      queue.now,
      this.index,
      'start',
      () => `life ${this.life}, ${this.disk.storageId.slice(-4)}, log ${this.disk.firstIndex}..${this.disk.lastIndex}`,
    );
    this.applier.start();
    const members = knobs.clockRates.map((_, member) => ({ id: `n${member}` }));
    const create = tamper.create ?? this.world.create;
    this.raft = create({
      id: this.id,
      state: this.disk.open(),
      config: knobs.config,
      seed: this.random.u32(),
      now: this.now(),
      ...(knobs.bootstrap[this.index] === true ? { bootstrap: { clusterName: 'sim', members } } : {}),
    });
    checks.started(this, this.raft.status());
    this.before = { commitIndex: 0, term: 0 };
    this.takeReady();
  }

  /** The process ends; what was written and not synced survives as far as `survivors` says. */
  crash(survivors: number): void {
    this.world.stats.lostWrites += this.disk.unsynced.length - survivors;
    this.up = false;
    this.leads = false;
    this.life++;
    this.storage?.end();
    this.disk.crash(survivors);
  }

  pause(): void {
    this.paused ??= [];
  }

  resume(): void {
    const waiting = this.paused ?? [];
    this.paused = undefined;
    // Requests come by another door than messages: nobody says which one is opened first.
    const requestsFirst = this.random.chance(0.5);
    for (const { job, request } of waiting) if (request && requestsFirst) this.run(job);
    for (const { job, request } of waiting) if (!(request && requestsFirst)) this.run(job);
  }

  /** From now on its disk is quick and whole. */
  calmDown(): void {
    this.calm = true;
    if (this.storage !== undefined) this.storage.calm = true;
  }

  /** From now on its timers are as coarse as this; 0: as they should be. */
  coarsenTimers(grain: number): void {
    this.timerGrain = grain;
    this.timerDue = Number.POSITIVE_INFINITY;
    if (this.up) this.setTimer(this.wakeAt);
  }

  deliver(event: Event): void {
    this.run(() => this.step(event), event.type === 'Read' || event.type === 'Propose');
    // Whatever wakes the process wakes it: late timers are seen to then.
    if (this.timerGrain > 0) this.run(() => this.now() >= this.wakeAt && this.step({ type: 'Tick' }));
  }

  status(): ReturnType<Protocol['status']> | undefined {
    return this.up ? this.raft?.status() : undefined;
  }

  /** Runs a part of this process: now, or after its pause. */
  private run(job: () => void, request = false): void {
    if (!this.up) return;
    if (this.paused === undefined) job();
    else this.paused.push({ job, request });
  }

  private later(delay: number, job: () => void): void {
    const { life } = this;
    this.world.queue.after(delay, () => {
      if (this.life === life) this.run(() => this.life === life && job());
    });
  }

  private step(event: Event): void {
    const { raft } = this;
    if (!this.up || raft === undefined) return;
    const { trace, stats, checks, queue, knobs } = this.world;
    stats.steps++;
    trace.note(queue.now, this.index, event.type, () => describeEvent(event));
    const now = this.now();
    try {
      raft.step(event, now);
    } catch (error) {
      if (error instanceof Violation) throw error;
      throw new Violation('I22', `step(${event.type}) of ${this.id} threw: ${error instanceof Error ? error.stack : error}`);
    }
    const status = raft.status();
    const elected = status.role === 'leader' && (!this.leads || status.term !== this.term);
    this.leads = status.role === 'leader';
    this.term = status.term;
    if (status.timersSlowed && !this.slowed) stats.timersSlowed++;
    this.slowed = status.timersSlowed;
    checks.stepped(this, status);
    if (elected && this.crashPoint('elected')) return;
    if (knobs.gather === 0) {
      this.takeReady();
    } else if (!this.gathering) {
      this.gathering = true;
      this.later(this.random.between(0, knobs.gather), () => this.takeReady());
    }
  }

  private takeReady(): void {
    this.gathering = false;
    const { raft, life } = this;
    if (!this.up || raft === undefined) return;
    const { checks, knobs, tamper } = this.world;
    const taken = raft.takeReady();
    const ready = tamper.ready?.(taken) ?? taken;
    const status = raft.status();
    const { config } = knobs;
    checks.bounds(this, status, ready, {
      window: config.maxInflightMessages,
      appendBytes: config.maxAppendBytes,
      applying: config.maxApplyingEntries,
    });
    this.setTimer(ready.wakeAt);
    if (ready.write !== undefined)
      checks.writes(this, ready.write, { commitIndex: this.before.commitIndex, term: knobs.gather === 0 ? status.term : this.before.term });
    this.before = { commitIndex: status.commitIndex, term: status.term };
    for (const outgoing of ready.messages) this.send(outgoing);
    if (this.life !== life) return;
    if (ready.write !== undefined && !this.write(ready.write)) return;
    this.hold(ready);
    this.transfers?.take(ready);
    this.applier.take(ready);
    for (const outcome of ready.outcomes) this.world.outcome(this.index, outcome);
    for (const read of ready.reads) this.world.read(this.index, read);
    this.maybeSnapshot();
  }

  private write(write: NonNullable<Ready['write']>): boolean {
    if (this.crashPoint('beforeWrite')) return false;
    const { ticket, ...batch } = write;
    demand(ticket > this.lastTicket, 'tickets', () => `${this.id} hands out ticket ${ticket} after ${this.lastTicket}`);
    this.lastTicket = ticket;
    this.world.trace.note(this.world.queue.now, this.index, 'write', () => {
      const [first, last] = [batch.entries[0], batch.entries.at(-1)];
      const entries = first === undefined || last === undefined ? '' : ` entries ${first.index}@${first.term}..${last.index}@${last.term}`;
      const cut = batch.truncateFrom === undefined ? '' : ` cut ${batch.truncateFrom}`;
      const snapshot = batch.snapshot === undefined ? '' : ` snapshot ${batch.snapshot.lastIncludedIndex}`;
      return `#${ticket}${batch.hardState === undefined ? '' : ` ${JSON.stringify(batch.hardState)}`}${snapshot}${cut}${entries}`;
    });
    this.storage?.write(batch, ticket);
    if (this.crashPoint('written')) return false;
    if (this.world.tamper.persistsEarly === true) this.later(0, () => this.step({ type: 'Persisted', ticket }));
    return true;
  }

  private hold(ready: Ready): void {
    for (const message of ready.messagesAfter) {
      demand(
        message.ticket <= this.lastTicket,
        'tickets',
        () => `${this.id} holds a message for ticket ${message.ticket}, the last one is ${this.lastTicket}`,
      );
      if (message.ticket <= this.durableTicket) this.send(message);
      else this.held.push(message);
      if (!this.up) return;
    }
    if (ready.formed !== undefined) this.forming = ready.formed;
    if (ready.compactTo !== undefined) this.compactions.push({ to: ready.compactTo, ticket: this.lastTicket });
    this.afterDurable();
  }

  /** A write reached the disk. Its process goes on with what waited for it: later, if it is paused. */
  private durable(ticket: number): void {
    this.run(() => {
      const { life } = this;
      this.durableTicket = ticket;
      if (this.crashPoint('afterWrite')) return;
      const released = this.held.filter((message) => message.ticket <= ticket);
      this.held = this.held.filter((message) => message.ticket > ticket);
      for (const message of released) {
        this.send(message);
        if (this.life !== life) return;
      }
      this.afterDurable();
      this.applier.runSoon();
    });
  }

  private afterDurable(): void {
    if (this.forming !== undefined && this.forming.ticket <= this.durableTicket) {
      this.forming = undefined;
      this.world.stats.formed++;
      this.world.reconnect(this.index);
    }
    const due = this.compactions.filter(({ ticket }) => ticket <= this.durableTicket);
    if (due.length === 0) return;
    this.compactions = this.compactions.filter(({ ticket }) => ticket > this.durableTicket);
    this.world.stats.compactions++;
    // Advisory: a storage may keep what it was told to drop.
    if (this.random.chance(0.9)) for (const { to } of due) this.disk.compact(to);
  }

  private send(outgoing: Outgoing): void {
    if (!this.up) return;
    const { message, to } = outgoing;
    this.world.trace.note(this.world.queue.now, this.index, 'send', () => `to ${to.id}: ${describeMessage(message)}`);
    this.world.checks.sends(this, to, message);
    if (message.type === 'RequestVoteReply' && message.granted && this.crashPoint('vote')) return;
    this.world.send(this.index, { to, message });
    if (message.type === 'RequestVote') this.crashPoint('sent');
  }

  private setTimer(wakeAt: number): void {
    this.wakeAt = wakeAt;
    const { queue } = this.world;
    const delay = Math.max(1, Math.ceil(((wakeAt - this.now()) * 1000) / this.clockRate));
    const due = queue.now + delay;
    // Like the pump of a node: a timer that comes too early is left alone.
    if (this.timerGrain > 0 && this.timerDue <= due) return;
    const timer = ++this.timer;
    this.timerDue = due;
    if (wakeAt === Number.POSITIVE_INFINITY) return;
    const held = this.timerGrain === 0 ? 0 : this.timerGrain - (due % this.timerGrain);
    this.later(delay + held, () => {
      if (timer !== this.timer) return;
      this.timerDue = Number.POSITIVE_INFINITY;
      this.step({ type: 'Tick', lateMs: ((queue.now - due) * this.clockRate) / 1000 });
    });
  }

  private crashPoint(point: CrashPoint): boolean {
    if (this.calm || !this.random.chance(this.world.knobs.process.crashPoint)) return false;
    this.world.stats.crashPoints++;
    this.world.trace.note(this.world.queue.now, this.index, 'crash point', () => point);
    this.world.crash(this.index);
    return true;
  }

  private maybeSnapshot(): void {
    const { snapshotEveryEntries: every } = this.world.knobs.config;
    const last = Math.max(this.snapshotIndex, this.disk.snapshot?.meta.lastIncludedIndex ?? 0);
    if (every === 0 || this.snapshotting || this.stopped || this.applier.machine.index - last < every) return;
    const image = this.applier.snapshot();
    if (image === undefined) return;
    this.snapshotting = true;
    this.snapshotIndex = image.meta.lastIncludedIndex;
    this.later((this.storage?.latency() ?? 0) * 2, () => {
      this.snapshotting = false;
      this.world.stats.snapshotsTaken++;
      this.disk.commitImage(image);
      this.step({ type: 'SnapshotTaken', meta: image.meta });
    });
  }

  private newApplier(): Applier {
    const host = {
      subject: this,
      checks: this.world.checks,
      later: (job: () => void) => this.later(this.world.knobs.applyDelay, job),
      durableTicket: () => this.durableTicket,
      applied: (index: number) => {
        this.world.applied(this.index, index);
        this.step({ type: 'Applied', index });
      },
    };
    return new Applier(host, this.random.pick([1, 3, 100]));
  }

  private newStorage(): RecordStorage {
    const { queue, knobs, stats } = this.world;
    const storage: RecordStorage = new RecordStorage({
      disk: this.disk,
      queue,
      random: this.world.randomOf(`disk ${this.index} ${this.life}`),
      knobs: knobs.disk,
      stallTimeout: knobs.config.stallTimeoutMs * 1000,
      stats,
      listener: {
        durable: (ticket) => this.durable(ticket),
        persisted: (ticket) => this.deliver({ type: 'Persisted', ticket }),
        failed: () => {
          this.stopped = true;
          this.deliver({ type: 'PersistFailed', reason: 'disk broken' });
        },
        stalled: () => this.deliver({ type: 'Stalled' }),
      },
    });
    storage.calm = this.calm;
    return storage;
  }

  private newTransfers(): Transfers {
    return new Transfers({
      id: this.id,
      disk: this.disk,
      random: this.random,
      stats: this.world.stats,
      later: (job) => this.later(this.storage?.latency() ?? 0, job),
      deliver: (event) => this.step(event),
      faulty: () => !this.calm,
    });
  }
}
