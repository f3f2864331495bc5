import { type Configuration, decodeConfiguration, type Entry, entryData, type Message, type Peer } from '@raft/wire';
import type { Ready, Role } from '@raft/core/protocol';
import type { ProtocolStatus } from '@raft/core';
import type { WriteBatch } from '@raft/core';
import { LogModel } from './log-model.ts';
import { applyEntry, decodeOperation, emptyMachine, type MachineState } from '../clients/machine.ts';
import { MessageChecks, type Subject, type Switchable } from './message-checks.ts';
import type { RecordDisk } from '../nodes/record-disk.ts';
import type { Stats } from '../trace/stats.ts';
import { demand } from './violation.ts';

interface KnownEntry {
  readonly term: number;
  readonly previousTerm: number;
  readonly bytes: Uint8Array;
}

interface CommittedEntry {
  readonly term: number;
  /** The term of the leader that committed it. */
  readonly byTerm: number;
}

/** What is remembered of a node's present life. */
interface Life {
  readonly model: LogModel;
  term: number;
  commitIndex: number;
  applied: number;
  role: Role;
}

/** The invariants of the list in the issue, held against everything that every node does, each at the moment it does it. */
export class Checks {
  /** Members of the cluster, from its first configuration entry on. */
  configuration: Configuration | undefined;
  readonly committed: CommittedEntry[] = [{ term: 0, byTerm: 0 }];
  /** Where each operation was applied. */
  readonly appliedAt = new Map<number, number>();
  private readonly stats: Stats;
  private readonly off: ReadonlySet<Switchable>;
  private readonly lives: Life[] = [];
  private readonly leaders = new Map<number, number>();
  private readonly messages: MessageChecks;
  private readonly entries: KnownEntry[][] = [];
  private readonly machines: MachineState[] = [emptyMachine];

  constructor(stats: Stats, off: readonly Switchable[]) {
    this.stats = stats;
    this.off = new Set(off);
    this.messages = new MessageChecks(stats, this.off, {
      leaderOf: (term) => this.leaders.get(term),
      logOfLeader: (term) => this.logOfLeader(term),
      isNamed: (id, storageId) => this.isNamed(id, storageId),
    });
  }

  get lastCommitted(): number {
    return this.committed.length - 1;
  }

  /** The cluster starts from storages that hold this entry already. */
  preformed(entry: Entry): void {
    this.entries[entry.index] = [{ term: entry.term, previousTerm: 0, bytes: entry.bytes }];
    this.configured(entry);
  }

  /** I18: a node starts with all that its disk holds, so with all that it ever acknowledged. */
  started(node: Subject, status: ProtocolStatus): void {
    const { disk } = node;
    const life: Life = { model: new LogModel(), term: status.term, commitIndex: status.commitIndex, applied: 0, role: status.role };
    life.model.load(disk);
    this.lives[node.index] = life;
    // Alone, it forms its cluster in the moment of its first start.
    if (disk.clusterId === undefined && status.lastIndex === 1) return;
    demand(
      status.term === disk.hardState.currentTerm,
      'I18',
      () => `${node.id} starts in term ${status.term}, on disk is ${disk.hardState.currentTerm}`,
    );
    demand(status.votedFor === disk.hardState.votedFor, 'I18', () => `${node.id} starts with another vote than on disk`);
    demand(
      status.lastIndex === life.model.lastIndex,
      'I18',
      () => `${node.id} starts with last index ${status.lastIndex}, on disk ${life.model.lastIndex}`,
    );
    demand(
      status.commitIndex <= this.lastCommitted,
      'I10',
      () => `${node.id} starts with commit index ${status.commitIndex}, committed is ${this.lastCommitted}`,
    );
  }

  /** After each event: what only grows has only grown (I10), what is ordered is in order (I11). */
  stepped(node: Subject, status: ProtocolStatus): void {
    const life = this.life(node);
    demand(status.term >= life.term, 'I10', () => `the term of ${node.id} fell from ${life.term} to ${status.term}`);
    demand(
      status.commitIndex >= life.commitIndex,
      'I10',
      () => `the commit index of ${node.id} fell from ${life.commitIndex} to ${status.commitIndex}`,
    );
    const ordered =
      status.firstIndex - 1 <= status.snapshotIndex && status.snapshotIndex <= status.commitIndex && status.commitIndex <= status.lastIndex;
    demand(
      ordered,
      'I11',
      () =>
        `${node.id}: first ${status.firstIndex}, snapshot ${status.snapshotIndex}, commit ${status.commitIndex}, last ${status.lastIndex}`,
    );
    const durable = Math.max(node.disk.lastIndex, node.disk.snapshot?.meta.lastIncludedIndex ?? 0);
    demand(
      this.off.has('I05') || status.durableIndex <= durable,
      'I05',
      () => `${node.id} believes ${status.durableIndex} durable, on disk is ${durable}`,
    );
    if (status.role === 'leader' && (life.role !== 'leader' || life.term !== status.term)) this.elected(node, status);
    if (status.role === 'leader' && status.commitIndex > this.lastCommitted) this.commits(node, status);
    demand(
      status.commitIndex <= Math.max(1, this.lastCommitted),
      'I03',
      () => `${node.id} holds ${status.commitIndex} for committed, leaders committed ${this.lastCommitted}`,
    );
    life.term = status.term;
    life.commitIndex = status.commitIndex;
    life.role = status.role;
  }

  /** I01, and I03 for all that leaders of lower terms have committed. */
  private elected(node: Subject, status: ProtocolStatus): void {
    this.stats.elections++;
    const { term } = status;
    const other = this.leaders.get(term);
    demand(
      this.off.has('I01') || other === undefined || other === node.index,
      'I01',
      () => `${node.id} and n${other} both lead term ${term}`,
    );
    this.leaders.set(term, node.index);
    demand(this.isNamed(node.id, node.disk.storageId), 'I13', () => `${node.id} leads, and no configuration names its storage`);
    let index = this.lastCommitted;
    while ((this.committed[index]?.byTerm ?? 0) >= term) index--;
    const { model } = this.life(node);
    const wanted = this.committed[index]?.term;
    demand(
      model.termAt(index) === wanted,
      'I03',
      () => `${node.id} leads term ${term} without ${index}@${wanted}: there it has term ${model.termAt(index)}`,
    );
  }

  /** I05 and I06: what a leader calls committed. */
  private commits(node: Subject, status: ProtocolStatus): void {
    const { commitIndex, term } = status;
    const { model } = this.life(node);
    const entryTerm = model.termAt(commitIndex);
    demand(
      this.off.has('I06') || entryTerm === term,
      'I06',
      () => `the leader of term ${term} commits ${commitIndex}, an entry of term ${entryTerm}, by counting`,
    );
    for (let index = this.lastCommitted + 1; index <= commitIndex; index++)
      this.committed.push({ term: model.termAt(index), byTerm: term });
    if (this.off.has('I05')) return;
    const voters = this.configuration?.voters ?? [];
    const holders = this.disks.filter(
      (disk) => disk.covers(commitIndex, entryTerm) && voters.some(({ storageId }) => storageId === disk.storageId),
    );
    demand(
      holders.length * 2 > voters.length,
      'I05',
      () => `${node.id} commits ${commitIndex}@${entryTerm}, durable on ${holders.length} of ${voters.length} disks`,
    );
  }

  /** The disks of all nodes, as they are now. Set by the cluster. */
  disks: readonly RecordDisk[] = [];

  /** A batch is on its way to the disk: log matching (I04), and nothing that is committed is dropped (I07). */
  writes(node: Subject, batch: WriteBatch, before: { readonly commitIndex: number; readonly term: number }): void {
    const life = this.life(node);
    const { truncateFrom, snapshot } = batch;
    const last = life.model.lastIndex;
    const { model } = life;
    if (truncateFrom !== undefined) {
      this.stats.truncations++;
      demand(
        truncateFrom > before.commitIndex,
        'I07',
        () => `${node.id} cuts its log at ${truncateFrom}, its commit index is ${before.commitIndex}`,
      );
      this.keepsCommitted(node, truncateFrom, last, before.term);
    }
    if (snapshot !== undefined) {
      const { lastIncludedIndex: index, lastIncludedTerm: term } = snapshot;
      demand(this.committed[index]?.term === term, 'I08', () => `${node.id} takes a snapshot at ${index}@${term}, which was not committed`);
      if (model.termAt(index) !== term) this.keepsCommitted(node, index + 1, last, before.term);
    }
    let previousTerm: number | undefined;
    const first = batch.entries[0];
    model.write({ ...batch, entries: [] });
    if (first !== undefined) {
      demand(model.lastIndex === first.index - 1, 'I04', () => `${node.id} writes ${first.index} behind ${model.lastIndex}`);
      previousTerm = model.termAt(first.index - 1);
    }
    for (const entry of batch.entries) {
      this.matches(node, entry, previousTerm ?? 0);
      previousTerm = entry.term;
    }
    model.write({ entries: batch.entries });
  }

  private keepsCommitted(node: Subject, from: number, to: number, term: number): void {
    const { model } = this.life(node);
    for (let index = from; index <= to; index++) {
      const known = this.committed[index];
      if (known === undefined) return;
      const drops = known.byTerm <= term && model.termAt(index) === known.term;
      demand(!drops, 'I07', () => `${node.id} drops ${index}@${known.term}, committed in term ${known.byTerm}`);
    }
  }

  /** I04: an index and a term name one entry, and so, by induction over the term before it, all entries before it. */
  private matches(node: Subject, entry: Entry, previousTerm: number): void {
    this.entries[entry.index] ??= [];
    const here = this.entries[entry.index] ?? [];
    const known = here.find((other) => other.term === entry.term);
    if (known === undefined) {
      here.push({ term: entry.term, previousTerm, bytes: entry.bytes });
      if (entry.kind === 'configuration') this.configured(entry);
      return;
    }
    demand(
      sameBytes(known.bytes, entry.bytes),
      'I04',
      () => `${node.id} has another entry at ${entry.index}@${entry.term} than others had`,
    );
    // Behind a snapshot that replaced the log the term before may be unknown.
    const sameBefore = previousTerm === known.previousTerm || previousTerm === 0 || known.previousTerm === 0;
    demand(
      sameBefore,
      'I04',
      () => `${node.id} has ${entry.index}@${entry.term} behind term ${previousTerm}, others had it behind ${known.previousTerm}`,
    );
  }

  private configured(entry: Entry): void {
    const configuration = decodeConfiguration(entryData(entry));
    const same = this.configuration === undefined || JSON.stringify(this.configuration) === JSON.stringify(configuration);
    demand(same, 'I12', () => 'the cluster formed twice, with different members');
    this.configuration = configuration;
    // Every member writes this very entry before anything else: it is committed by being there.
    if (this.lastCommitted === 0) this.committed.push({ term: entry.term, byTerm: entry.term });
  }

  /** I08 and I09: every node applies the same entry at an index, in order, without a gap. */
  applies(node: Subject, entry: Entry, state: MachineState): MachineState {
    const { index, term } = entry;
    demand(index === state.index + 1, 'I08', () => `${node.id} applies ${index} after ${state.index}`);
    const known = this.committed[index];
    demand(known !== undefined && known.term === term, 'I08', () => `${node.id} applies ${index}@${term}, committed was ${known?.term}`);
    const written = this.entries[index]?.find((other) => other.term === term);
    demand(
      written !== undefined && sameBytes(written.bytes, entry.bytes),
      'I08',
      () => `${node.id} applies other bytes at ${index}@${term}`,
    );
    const next = applyEntry(state, entry);
    const before = this.machines[index];
    demand(before === undefined || before.hash === next.hash, 'I09', () => `${node.id} comes to another state at ${index}`);
    if (before === undefined) this.firstApplied(entry, next);
    this.life(node).applied = index;
    return next;
  }

  private firstApplied(entry: Entry, next: MachineState): void {
    this.machines[entry.index] = next;
    if (entry.kind !== 'command') return;
    const operation = decodeOperation(entry);
    const earlier = this.appliedAt.get(operation);
    demand(earlier === undefined, 'I17', () => `operation ${operation} is applied at ${earlier} and at ${entry.index}`);
    this.appliedAt.set(operation, entry.index);
  }

  /** I09 for a state that came in a snapshot. */
  restores(node: Subject, state: MachineState | undefined, index: number): MachineState {
    demand(state !== undefined, 'S09', () => `${node.id} restores bytes that are no whole snapshot`);
    demand(state.index === index, 'S07', () => `${node.id} restores a state of ${state.index} as that of ${index}`);
    demand(this.machines[index]?.hash === state.hash, 'I09', () => `${node.id} restores another state at ${index} than was applied there`);
    this.life(node).applied = index;
    return state;
  }

  /** I20: windows, batches and queues stay in the limits that the configuration names. */
  bounds(
    node: Subject,
    status: ProtocolStatus,
    ready: Ready,
    limits: { readonly window: number; readonly appendBytes: number; readonly applying: number },
  ): void {
    for (const [id, follower] of Object.entries(status.followers)) {
      demand(
        follower.inflightMessages <= limits.window,
        'I20',
        () => `${node.id} has ${follower.inflightMessages} appends under way to ${id}`,
      );
      demand(
        follower.matchIndex < follower.nextIndex,
        'I10',
        () => `${node.id}: matchIndex ${follower.matchIndex}, nextIndex ${follower.nextIndex} of ${id}`,
      );
    }
    for (const { message } of [...ready.messages, ...ready.messagesAfter]) {
      if (message.type !== 'AppendEntries' || message.entries.length < 2) continue;
      const bytes = message.entries.reduce((sum, entry) => sum + entry.bytes.length, 0);
      demand(bytes <= limits.appendBytes, 'I20', () => `${node.id} sends ${bytes} bytes of entries in one message`);
    }
    const committed = ready.committed;
    if (committed === undefined) return;
    const waiting = committed.to - Math.max(this.life(node).applied, status.snapshotIndex);
    demand(waiting <= limits.applying, 'I20', () => `${node.id} hands out ${waiting} entries to apply`);
    demand(
      committed.from <= committed.to && committed.to <= status.commitIndex,
      'I11',
      () => `${node.id} applies ${committed.from}..${committed.to}, commit index ${status.commitIndex}`,
    );
  }

  /** A message leaves now. */
  sends(node: Subject, to: Peer, message: Message): void {
    this.messages.sends(node, to, message);
  }

  machineAt(index: number): MachineState | undefined {
    return this.machines[index];
  }

  /** The log of whoever leads this term now. */
  private logOfLeader(term: number): LogModel | undefined {
    const index = this.leaders.get(term);
    const life = index === undefined ? undefined : this.lives[index];
    return life !== undefined && life.role === 'leader' && life.term === term ? life.model : undefined;
  }

  private isNamed(id: string, storageId: string): boolean {
    return this.configuration?.voters.some((voter) => voter.id === id && voter.storageId === storageId) === true;
  }

  private life(node: Subject): Life {
    const life = this.lives[node.index];
    if (life === undefined) throw new Error(`${node.id} was never started`);
    return life;
  }
}

function sameBytes(one: Uint8Array, other: Uint8Array): boolean {
  return one === other || (one.length === other.length && one.every((byte, at) => byte === other[at]));
}
