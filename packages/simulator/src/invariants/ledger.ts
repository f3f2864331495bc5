import type { ProtocolStatus, Vitals, WriteBatch } from '@raft/core';
import type { Ready, Role } from '@raft/core/protocol';
import { type Configuration, decodeConfiguration, type Entry, entryData, type Message, type Peer, type SnapshotMeta } from '@raft/wire';
import { applyCommand, decodeOperation, type KvOperation, type KvResult } from '../clients/kv-machine.ts';
import type { ClientOperation, ClientOutcome } from '../clients/operation.ts';
import type { Deductions, Watcher } from './deductions.ts';
import { LogModel } from './log-model.ts';
import type { AppliedEntry, Observer, Subject } from './observer.ts';
import { fanOut } from './oracle.ts';
import { ValueHistory } from './value-history.ts';

/** An entry that somebody wrote. Behind a snapshot the term before it may be unknown (0). */
export interface KnownEntry {
  readonly term: number;
  readonly previousTerm: number;
  readonly bytes: Uint8Array;
}

export interface CommittedEntry {
  readonly term: number;
  /** The term of the leader that committed it. */
  readonly byTerm: number;
}

/** What the first node that applied an index came to. */
export interface Canonical {
  readonly term: number;
  readonly digest: number;
  readonly result: KvResult | undefined;
}

/** A node's present life, as of the last event. */
export interface Life {
  readonly model: LogModel;
  term: number;
  votedFor: string | null;
  role: Role;
  commitIndex: number;
  lastIndex: number;
  snapshotIndex: number;
  applied: number;
}

const nothing: CommittedEntry = { term: 0, byTerm: 0 };

/**
 * What is known of the whole history, from everything that every node does. It judges nothing and never throws: the invariants do, each told of an
 * event before the ledger records it.
 */
export class Ledger implements Observer {
  /** The members, from the first configuration entry on. */
  configuration: Configuration | undefined;
  configurationIndex = 0;
  /** The highest index that a client has heard of. */
  acknowledgedIndex = 0;
  private readonly committedEntries: CommittedEntry[] = [nothing];
  private readonly lives: (Life | undefined)[] = [];
  private readonly leaders = new Map<number, number>();
  private readonly entries: KnownEntry[][] = [];
  private readonly canonicals: (Canonical | undefined)[] = [];
  private readonly places = new Map<number, number>();
  private readonly values = new ValueHistory();
  /** What a transfer carries, by receiver, and by term and number. */
  private readonly transfers = new Map<string, Map<string, SnapshotMeta>>();
  /** Clients ask a state machine that is not the simulator's own: what its commands mean is not known here. */
  private isForeign = false;
  private tell: Deductions = deductionsOf([]);

  /** From now on these are told what is deduced. */
  attach(watchers: readonly Watcher[]): void {
    this.tell = deductionsOf(watchers);
  }

  get lastCommitted(): number {
    return this.committedEntries.length - 1;
  }

  /** Undefined while no leader has committed that index. */
  committedAt(index: number): CommittedEntry | undefined {
    return this.committedEntries[index];
  }

  /** Undefined while nobody has applied that index. */
  canonicalAt(index: number): Canonical | undefined {
    return this.canonicals[index];
  }

  /** Where this operation was applied. */
  placeOf(operation: number): number | undefined {
    return this.places.get(operation);
  }

  /** What this key holds once everything up to `index` is applied. */
  valueAt(key: string, index: number): string | null {
    return this.values.at(key, index);
  }

  entryAt(index: number, term: number): KnownEntry | undefined {
    for (const entry of this.entries[index] ?? []) if (entry.term === term) return entry;
    return undefined;
  }

  life(node: Subject): Life {
    let life = this.lives[node.index];
    if (life === undefined) {
      life = {
        model: new LogModel(),
        term: 0,
        votedFor: null,
        role: 'follower',
        commitIndex: 0,
        lastIndex: 0,
        snapshotIndex: 0,
        applied: 0,
      };
      this.lives[node.index] = life;
    }
    return life;
  }

  /** The node that was elected in this term. */
  leaderOf(term: number): number | undefined {
    return this.leaders.get(term);
  }

  /** The log of whoever leads this term now. */
  logOfLeader(term: number): LogModel | undefined {
    const index = this.leaders.get(term);
    const life = index === undefined ? undefined : this.lives[index];
    return life !== undefined && life.role === 'leader' && life.term === term ? life.model : undefined;
  }

  /** A pair that the configuration names: whoever is not named counts for nothing. */
  isNamed(id: string, storageId: string): boolean {
    for (const voter of this.configuration?.voters ?? []) if (voter.id === id && voter.storageId === storageId) return true;
    return false;
  }

  /** What this transfer, of a leader's term to this receiver, carries. */
  transferOf(receiver: string, term: number, transfer: number): SnapshotMeta | undefined {
    return this.transfers.get(receiver)?.get(`${term} ${transfer}`);
  }

  preformed(entry: Entry): void {
    this.entries[entry.index] = [{ term: entry.term, previousTerm: 0, bytes: entry.bytes }];
    this.configure(entry);
  }

  started(node: Subject, status: ProtocolStatus): void {
    const { term, votedFor, role, commitIndex, lastIndex, snapshotIndex } = status;
    const model = new LogModel();
    model.load(node.disk);
    // The state machine may have been restored before the protocol began.
    const applied = this.lives[node.index]?.applied ?? 0;
    this.lives[node.index] = { model, term, votedFor, role, commitIndex, lastIndex, snapshotIndex, applied };
  }

  crashed(node: Subject): void {
    const life = this.life(node);
    life.role = 'follower';
    life.applied = 0;
  }

  stepped(node: Subject, status: Vitals): void {
    const life = this.life(node);
    const leads = status.role === 'leader';
    if (leads && (life.role !== 'leader' || life.term !== status.term)) {
      this.tell.elected(node, status);
      this.leaders.set(status.term, node.index);
    }
    // In one turn of a whole node a leader may commit something and then step down.
    if (status.commitIndex > this.lastCommitted && (leads || life.role === 'leader')) {
      this.commit(node, status.commitIndex, leads ? status.term : life.term);
    }
    life.term = status.term;
    life.votedFor = status.votedFor;
    life.role = status.role;
    life.commitIndex = status.commitIndex;
    life.lastIndex = status.lastIndex;
    life.snapshotIndex = status.snapshotIndex;
  }

  took(node: Subject, { messages }: Ready, status: () => ProtocolStatus): void {
    if (this.life(node).role !== 'leader') return;
    for (const { message } of messages) {
      if (message.type !== 'AppendEntries' || message.entries.length === 0) continue;
      this.tell.leading(node, status());
      return;
    }
  }

  private commit(node: Subject, to: number, byTerm: number): void {
    this.tell.committed(node, to, byTerm);
    const { model } = this.life(node);
    for (let index = this.lastCommitted + 1; index <= to; index++) this.committedEntries.push({ term: model.termAt(index), byTerm });
  }

  writes(node: Subject, batch: WriteBatch, before: { readonly commitIndex: number; readonly term: number }): void {
    const { model } = this.life(node);
    const { truncateFrom, snapshot } = batch;
    if (truncateFrom !== undefined) this.tell.drops(node, truncateFrom, before.term);
    if (snapshot !== undefined && model.termAt(snapshot.lastIncludedIndex) !== snapshot.lastIncludedTerm) {
      this.tell.drops(node, snapshot.lastIncludedIndex + 1, before.term);
    }
    model.cut(batch);
    for (const entry of batch.entries) {
      const previousTerm = model.termAt(entry.index - 1);
      this.tell.stores(node, entry, previousTerm);
      this.know(entry, previousTerm);
      model.append(entry);
    }
  }

  private know(entry: Entry, previousTerm: number): void {
    if (this.entryAt(entry.index, entry.term) !== undefined) return;
    const here = this.entries[entry.index];
    const known = { term: entry.term, previousTerm, bytes: entry.bytes };
    if (here === undefined) this.entries[entry.index] = [known];
    else here.push(known);
    if (entry.kind === 'configuration') this.configure(entry);
  }

  private configure(entry: Entry): void {
    const configuration = decodeConfiguration(entryData(entry));
    this.tell.configured(entry, configuration);
    this.configuration = configuration;
    this.configurationIndex = entry.index;
    // Every member writes the first configuration before anything else: it is committed by being there.
    if (this.lastCommitted === 0) this.committedEntries.push({ term: entry.term, byTerm: entry.term });
  }

  sends(_node: Subject, to: Peer, message: Message): void {
    if (message.type !== 'InstallSnapshot' || message.offset > 0) return;
    const known = this.transfers.get(to.id) ?? new Map<string, SnapshotMeta>();
    this.transfers.set(to.id, known);
    known.set(`${message.term} ${message.transfer}`, message.meta);
  }

  applies(node: Subject, applied: AppliedEntry): void {
    const { index, term } = applied.entry;
    this.life(node).applied = index;
    if (this.canonicals[index] !== undefined) return;
    const operation = this.isForeign ? undefined : operationOf(applied.entry);
    if (operation !== undefined) this.execute(operation, applied);
    this.canonicals[index] = { term, digest: applied.digest, result: applied.result };
  }

  private execute(operation: KvOperation, applied: AppliedEntry): void {
    this.tell.executes(operation, applied);
    const { id, command } = operation;
    const { index } = applied.entry;
    this.places.set(id, index);
    this.values.record(command.key, index, applyCommand(this.values.latest(command.key), command).value);
  }

  restores(node: Subject, restored: { readonly index: number }): void {
    this.life(node).applied = restored.index;
  }

  invoked({ request }: ClientOperation): void {
    this.isForeign ||= request.kind === 'command' || request.kind === 'query';
  }

  returned(_operation: ClientOperation, outcome: ClientOutcome): void {
    if (outcome.type === 'ok') this.acknowledgedIndex = Math.max(this.acknowledgedIndex, outcome.index);
  }
}

/** Undefined for what is no command, or none of the simulator's own clients. */
function operationOf(entry: Entry): KvOperation | undefined {
  if (entry.kind !== 'command') return undefined;
  try {
    return decodeOperation(entryData(entry));
  } catch {
    return undefined;
  }
}

function deductionsOf(watchers: readonly Watcher[]): Deductions {
  const names = [
    'elected',
    'leading',
    'committed',
    'configured',
    'stores',
    'drops',
    'executes',
  ] as const satisfies readonly (keyof Deductions)[];
  // As in `oracleOf`: the names are all of them.
  return Object.fromEntries(names.map((name) => [name, fanOut<Deductions>(name, watchers)])) as unknown as Deductions;
}
