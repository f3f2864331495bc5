import { type Configuration, type Entry, encodeConfiguration, encodeEntry, type Message } from '@raft/wire';
import { type ConfigInput, parseConfig } from '../../src/config.ts';
import { Raft } from '../../src/protocol/raft.ts';
import type { Event, Outcome, Outgoing, ReadOutcome, Ready } from '../../src/protocol/ready.ts';
import type { ProtocolStatus } from '../../src/status.ts';
import type { Identity } from '../../src/transport.ts';
import { encodeOperation, snapshotOf } from './machine.ts';
import { SimDisk } from './sim-disk.ts';

const clusterId = 'c'.repeat(32);
export const electionTimeoutMs = 1000;
export const heartbeatIntervalMs = 100;

export interface DrivenOptions {
  readonly voters?: readonly string[];
  /** The term of each entry from index 1 on; the first is the configuration. */
  readonly terms?: readonly number[];
  readonly term?: number;
  readonly votedFor?: string | null;
  readonly config?: ConfigInput;
  readonly seed?: number;
}

function storageIdOf(id: string): string {
  return id.charCodeAt(0).toString(16).padStart(32, '0');
}

export function identityOf(id: string): Identity {
  return { id, storageId: storageIdOf(id), clusterId };
}

export function configurationOf(voters: readonly string[]): Configuration {
  return { voters: voters.map((id) => ({ id, storageId: storageIdOf(id) })) };
}

/** A log of entries with these terms. Equal (index, term), equal entry: as in one cluster. */
export function logOf(terms: readonly number[], voters: readonly string[]): Entry[] {
  return terms.map((term, at) => {
    if (at === 0) return encodeEntry({ index: 1, term, kind: 'configuration', data: encodeConfiguration(configurationOf(voters)) });
    return encodeEntry({ index: at + 1, term, kind: 'command', data: encodeOperation(term * 1000 + at + 1, 0) });
  });
}

/** One protocol instance driven by hand: what it sends is kept, its disk writes when it is told to, or at once. */
export class Driven {
  readonly id: string;
  readonly disk: SimDisk;
  readonly sent: Outgoing[] = [];
  readonly outcomes: Outcome[] = [];
  readonly reads: ReadOutcome[] = [];
  readonly committed: number[] = [];
  readonly restored: number[] = [];
  /** Off: writes stay unsynced, and what waits for them is held, until `sync`. */
  syncs = true;
  now = 0;
  wakeAt = 0;
  raft: Raft;
  private readonly options: DrivenOptions;
  private held: Ready['messagesAfter'][number][] = [];
  private tickets: number[] = [];
  private snapshotParts: number[] = [];
  private lives = 0;

  constructor(id: string, options: DrivenOptions = {}) {
    const { voters = ['a', 'b', 'c'], terms = [1], term = terms.at(-1) ?? 0, votedFor = null } = options;
    this.id = id;
    this.options = options;
    this.disk = new SimDisk(storageIdOf(id));
    this.disk.clusterId = clusterId;
    this.disk.hardState = { currentTerm: term, votedFor };
    this.disk.entries = logOf(terms, voters);
    this.raft = this.boot();
    this.drain();
  }

  get identity(): Identity {
    return identityOf(this.id);
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
    while (this.wakeAt <= end) {
      this.now = Math.max(this.now, this.wakeAt);
      this.step({ type: 'Tick' });
    }
    this.now = end;
  }

  propose(...ids: number[]): void {
    this.step({ type: 'Propose', proposals: ids.map((id) => ({ id, data: encodeOperation(id, 0) })) });
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
    this.sent.push(...this.held.filter((message) => message.ticket <= ticket));
    this.held = this.held.filter((message) => message.ticket > ticket);
    this.step({ type: 'Persisted', ticket });
  }

  /** The process dies and starts again; unsynced writes are lost. */
  restart(): void {
    this.disk.crash(0);
    this.held = [];
    this.tickets = [];
    this.sent.splice(0);
    this.raft = this.boot();
    this.drain();
  }

  /** A snapshot of its state machine at an index that was applied. */
  snapshot(index: number): void {
    const meta = {
      lastIncludedIndex: index,
      lastIncludedTerm: this.disk.termAt(index) ?? 0,
      configuration: configurationOf(this.options.voters ?? ['a', 'b', 'c']),
      configurationIndex: 1,
    };
    this.disk.commitImage({ meta, data: snapshotOf({ index, term: meta.lastIncludedTerm, operations: index, hash: index }) });
    this.step({ type: 'SnapshotTaken', meta });
  }

  private boot(): Raft {
    this.lives++;
    return new Raft({
      id: this.id,
      state: this.disk.open(),
      config: parseConfig({ electionTimeoutMs, heartbeatIntervalMs, ...this.options.config }),
      seed: (this.options.seed ?? this.id.charCodeAt(0)) + this.lives * 1000,
      now: this.now,
    });
  }

  private drain(): void {
    const ready = this.raft.takeReady();
    this.wakeAt = ready.wakeAt;
    this.sent.push(...ready.messages);
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
    this.snapshotParts = [...(chunk.offset === 0 ? [] : this.snapshotParts), ...chunk.data];
    if (chunk.done) this.disk.commitImage({ meta: chunk.meta, data: new Uint8Array(this.snapshotParts) });
    this.step({
      type: 'ChunkStored',
      from: chunk.from,
      transfer: chunk.transfer,
      nextOffset: chunk.offset + chunk.data.length,
      done: chunk.done,
    });
  }
}

/** Delivers whatever these nodes send each other, until nobody says anything more; what goes to others is lost. */
export function exchange(...nodes: readonly Driven[]): void {
  for (let round = 0; round < 200; round++) {
    const letters = nodes.flatMap((node) => node.sent.splice(0).map((outgoing) => ({ from: node.id, ...outgoing })));
    if (letters.length === 0) return;
    for (const { from, to, message } of letters) nodes.find((node) => node.id === to.id)?.receive(from, message);
  }
  throw new Error('they do not come to rest');
}

/** Lets time pass for all, without a message getting through. */
export function passForAll(nodes: readonly Driven[], milliseconds: number): void {
  for (const node of nodes) {
    node.pass(milliseconds);
    node.sent.splice(0);
  }
}

/** Makes `candidate` campaign, and lets it talk with these others until all is said. */
export function elect(candidate: Driven, ...others: readonly Driven[]): void {
  for (const other of others) {
    other.now += 2 * electionTimeoutMs;
    other.sent.splice(0);
  }
  candidate.sent.splice(0);
  for (
    let step = 0;
    step < 50 && !candidate.sent.some(({ message }) => message.type === 'PreVote' || message.type === 'RequestVote');
    step++
  ) {
    candidate.pass(electionTimeoutMs / 10);
  }
  exchange(candidate, ...others);
}
