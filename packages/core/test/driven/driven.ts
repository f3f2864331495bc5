import type { Message } from '@raft/wire';
import { type ConfigInput, parseConfig } from '../../src/config.ts';
import { Raft } from '../../src/protocol/raft.ts';
import type { Event, Outcome, Outgoing, ReadOutcome, Ready } from '../../src/protocol/ready.ts';
import type { ProtocolStatus } from '../../src/status.ts';
import type { Identity } from '../../src/transport.ts';
import { Disk } from './disk.ts';
import { clusterId, commandOf, configurationOf, identityOf, logOf, snapshotOf, storageIdOf } from './records.ts';

export const electionTimeoutMs = 1000;
export const heartbeatIntervalMs = 100;

export interface DrivenOptions {
  readonly voters?: readonly string[];
  /** The term of each entry from index 1 on; the first is the configuration. Empty: a blank node, told to form a cluster of the voters. */
  readonly terms?: readonly number[];
  readonly term?: number;
  readonly votedFor?: string | null;
  readonly config?: ConfigInput;
  readonly seed?: number;
  /** Off from the start: see {@link Driven.syncs}. */
  readonly syncs?: boolean;
  /** Sees all that it wants done, before it is done, and each message as it leaves. */
  readonly watch?: {
    ready(ready: Ready, status: ProtocolStatus): void;
    leaves(outgoing: Outgoing): void;
  };
}

/** One protocol instance driven by hand: what it sends is kept, its disk writes when it is told to, or at once. */
export class Driven {
  readonly id: string;
  readonly disk: Disk;
  readonly sent: Outgoing[] = [];
  readonly outcomes: Outcome[] = [];
  readonly reads: ReadOutcome[] = [];
  readonly committed: number[] = [];
  readonly restored: number[] = [];
  /** Off: writes stay unsynced, and what waits for them is held, until `sync`. */
  syncs: boolean;
  now = 0;
  wakeAt = 0;
  raft: Raft;
  private readonly options: DrivenOptions;
  private readonly voters: readonly string[];
  private held: Ready['messagesAfter'][number][] = [];
  private tickets: number[] = [];
  private snapshotParts: number[] = [];
  private lives = 0;

  constructor(id: string, options: DrivenOptions = {}) {
    const { voters = ['a', 'b', 'c'], terms = [1], term = terms.at(-1) ?? 0, votedFor = null, syncs = true } = options;
    this.id = id;
    this.options = options;
    this.voters = voters;
    this.syncs = syncs;
    this.disk = new Disk(storageIdOf(id), { currentTerm: term, votedFor });
    this.disk.write({ entries: logOf(terms, voters), ...(terms.length > 0 && { clusterId }) });
    this.disk.sync();
    this.raft = this.boot();
    this.drain();
  }

  /** As a handshake would prove it now. */
  get identity(): Identity {
    const { id, storageId, clusterId: cluster } = this.status;
    return { id, storageId, ...(cluster !== null && { clusterId: cluster }) };
  }

  get status(): ProtocolStatus {
    return this.raft.status();
  }

  /** The terms of its durable log, from its first entry on. */
  get terms(): number[] {
    return this.disk.entries.map(({ term }) => term);
  }

  step(event: Event): void {
    this.raft.step(event, this.now);
    this.drain();
  }

  receive(from: string, message: Message): void {
    this.step({ type: 'Receive', from: identityOf(from), message });
  }

  /** Lets time pass, with a tick whenever one is asked for. */
  pass(milliseconds: number): void {
    const end = this.now + milliseconds;
    while (this.wakeAt <= end) this.tick();
    this.now = end;
  }

  /** Its timer fires, when it is due. */
  tick(): void {
    this.now = Math.max(this.now, this.wakeAt);
    this.step({ type: 'Tick' });
  }

  propose(...ids: number[]): void {
    this.step({ type: 'Propose', proposals: ids.map((id) => ({ id, data: commandOf(id) })) });
  }

  /** What was sent since the last call, of one type. */
  take<Type extends Message['type']>(type: Type): { readonly to: string; readonly message: Extract<Message, { type: Type }> }[] {
    const found = this.sent.filter(({ message }) => message.type === type);
    this.sent.splice(0);
    return found.map(({ to, message }) => ({ to: to.id, message: message as Extract<Message, { type: Type }> }));
  }

  /** Everything that was written is durable now. */
  sync(): void {
    while (this.tickets.length > 0) this.syncOne();
  }

  syncOne(): void {
    const ticket = this.tickets.shift();
    if (ticket === undefined) return;
    this.disk.sync();
    this.post(this.held.filter((message) => message.ticket <= ticket));
    this.held = this.held.filter((message) => message.ticket > ticket);
    this.step({ type: 'Persisted', ticket });
  }

  /** The process dies and starts again; unsynced writes are lost. */
  restart(): void {
    this.disk.crash();
    this.held = [];
    this.tickets = [];
    this.sent.splice(0);
    this.raft = this.boot();
    this.drain();
  }

  /** A snapshot of its state machine at an index that was applied. */
  snapshot(index: number): void {
    const lastIncludedTerm = this.disk.termAt(index) ?? 0;
    const meta = { lastIncludedIndex: index, lastIncludedTerm, configuration: configurationOf(this.voters), configurationIndex: 1 };
    this.disk.commitImage({ meta, data: snapshotOf(index, lastIncludedTerm) });
    this.step({ type: 'SnapshotTaken', meta });
  }

  private boot(): Raft {
    this.lives++;
    const bootstrap = { clusterName: 'driven', members: this.voters.map((id) => ({ id })) };
    return new Raft({
      id: this.id,
      state: this.disk.open(),
      config: parseConfig({ electionTimeoutMs, heartbeatIntervalMs, ...this.options.config }),
      seed: (this.options.seed ?? this.id.charCodeAt(0)) + this.lives * 1000,
      now: this.now,
      ...(this.options.terms?.length === 0 && { bootstrap }),
    });
  }

  private post(messages: readonly Outgoing[]): void {
    for (const { to, message } of messages) {
      this.sent.push({ to, message });
      this.options.watch?.leaves({ to, message });
    }
  }

  private drain(): void {
    const ready = this.raft.takeReady();
    this.options.watch?.ready(ready, this.status);
    this.wakeAt = ready.wakeAt;
    this.post(ready.messages);
    this.held.push(...ready.messagesAfter);
    this.outcomes.push(...ready.outcomes);
    this.reads.push(...ready.reads);
    if (ready.write !== undefined) {
      const { ticket, ...batch } = ready.write;
      this.disk.write(batch);
      this.tickets.push(ticket);
      if (this.syncs) this.sync();
    }
    if (ready.compactTo !== undefined) this.disk.compact(ready.compactTo);
    this.answer(ready);
  }

  private answer(ready: Ready): void {
    if (ready.restore !== undefined) {
      this.restored.push(ready.restore.meta.lastIncludedIndex);
      this.step({ type: 'Applied', index: ready.restore.meta.lastIncludedIndex });
    }
    if (ready.committed !== undefined) {
      const { from, to } = ready.committed;
      for (let index = from; index <= to; index++) this.committed.push(index);
      this.step({ type: 'Applied', index: to });
    }
    for (const { to, from, through, maxBytes } of ready.fetch)
      this.step({ type: 'Fetched', to, entries: this.disk.readEntries(from, through, maxBytes) });
    for (const { to, transfer, offset, maxBytes } of ready.readChunk) {
      const image = this.disk.snapshot;
      const data = image?.data.slice(offset, offset + maxBytes);
      if (image === undefined || data === undefined) this.step({ type: 'ChunkRead', to, transfer, offset, done: false });
      else this.step({ type: 'ChunkRead', to, transfer, offset, meta: image.meta, data, done: offset + data.length >= image.data.length });
    }
    const chunk = ready.storeChunk;
    if (chunk === undefined) return;
    const { from, transfer, offset, data, done } = chunk;
    this.snapshotParts = [...(offset === 0 ? [] : this.snapshotParts), ...data];
    if (done) this.disk.commitImage({ meta: chunk.meta, data: new Uint8Array(this.snapshotParts) });
    this.step({ type: 'ChunkStored', from, transfer, nextOffset: offset + data.length, done });
  }
}
