import type { Identity, Vitals, WriteBatch } from '@raft/core';
import { type Configuration, decodeConfiguration, type Entry, entryData, type Message, type Peer } from '@raft/wire';
import { LogModel } from '../invariants/log-model.ts';
import type { Observer, Subject } from '../invariants/observer.ts';
import { fanOut } from '../invariants/oracle.ts';
import type { Heard, MarkWatcher, Says } from './mark-watcher.ts';

interface Standing {
  storageId: string;
  log: LogModel;
  vitals: Vitals;
  received: number;
  message: Message | undefined;
  from: Identity | undefined;
}

/** By type of message, all that are told of it. */
type ByType = Partial<Record<Message['type'], (first: unknown, second: unknown, third: unknown) => void>>;

const nowhere: Vitals = {
  role: 'follower',
  term: 0,
  votedFor: null,
  leaderId: null,
  commitIndex: 0,
  durableIndex: 0,
  firstIndex: 1,
  lastIndex: 0,
  snapshotIndex: 0,
  timersSlowed: false,
};

/** Where every node stands, for marks to look at: their logs with what is not durable yet, and their vitals as of the last event. */
export class Scene implements Observer {
  /** The members, once any node has the configuration. */
  configuration: Configuration | undefined;
  private readonly standings: (Standing | undefined)[] = [];
  private readonly step: { before: Vitals; after: Vitals; message: Message | undefined; from: Identity | undefined } = {
    before: nowhere,
    after: nowhere,
    message: undefined,
    from: undefined,
  };
  private heard: ByType = {};
  private says: ByType = {};
  private turned = fanOut<MarkWatcher>('turned', []);
  private committed = fanOut<MarkWatcher>('committed', []);

  /** From now on these are told. */
  attach(watchers: readonly MarkWatcher[]): void {
    this.heard = byType(watchers.map(({ heard = {} }) => heard));
    this.says = byType(watchers.map(({ says = {} }) => says));
    this.turned = fanOut<MarkWatcher>('turned', watchers);
    this.committed = fanOut<MarkWatcher>('committed', watchers);
  }

  vitals(node: Subject): Vitals {
    return this.standing(node).vitals;
  }

  /** As written, durable or not. */
  log(node: Subject): LogModel {
    return this.standing(node).log;
  }

  /** Not so when it starts for the first time, or with a new disk. */
  isSameDisk(node: Subject): boolean {
    return this.standing(node).storageId === node.disk.storageId;
  }

  get leaders(): number {
    let leaders = 0;
    for (const standing of this.standings) if (standing?.vitals.role === 'leader') leaders++;
    return leaders;
  }

  preformed(entry: Entry): void {
    this.configuration = decodeConfiguration(entryData(entry));
  }

  started(node: Subject, status: Vitals): void {
    const standing = this.standing(node);
    standing.storageId = node.disk.storageId;
    standing.log = new LogModel();
    standing.log.load(node.disk);
    standing.vitals = status;
    standing.received = 0;
  }

  crashed(node: Subject): void {
    const standing = this.standing(node);
    standing.vitals = { ...standing.vitals, role: 'follower' };
  }

  receives(node: Subject, from: Identity, message: Message): void {
    const standing = this.standing(node);
    standing.received++;
    standing.message = message;
    standing.from = from;
  }

  stepped(node: Subject, after: Vitals): void {
    const standing = this.standing(node);
    const { step } = this;
    const isOne = standing.received === 1;
    step.before = standing.vitals;
    step.after = after;
    step.message = isOne ? standing.message : undefined;
    step.from = isOne ? standing.from : undefined;
    standing.received = 0;
    if (step.message !== undefined) this.heard[step.message.type]?.(node, step.message, step);
    const { before } = step;
    if (after.role !== before.role || after.term !== before.term) this.turned(node, step, undefined);
    if (after.commitIndex > before.commitIndex) this.committed(node, step, undefined);
    standing.vitals = after;
  }

  sends(node: Subject, to: Peer, message: Message): void {
    this.says[message.type]?.(node, message, to.id);
  }

  writes(node: Subject, batch: WriteBatch): void {
    this.standing(node).log.write(batch);
    if (this.configuration !== undefined) return;
    for (const entry of batch.entries) if (entry.kind === 'configuration') this.preformed(entry);
  }

  private standing(node: Subject): Standing {
    let standing = this.standings[node.index];
    if (standing === undefined) {
      standing = { storageId: '', log: new LogModel(), vitals: nowhere, received: 0, message: undefined, from: undefined };
      this.standings[node.index] = standing;
    }
    return standing;
  }
}

function byType(tables: readonly (Heard | Says)[]): ByType {
  const types = new Set(tables.flatMap((table) => Object.keys(table) as Message['type'][]));
  return Object.fromEntries([...types].map((type) => [type, fanOut<Heard | Says>(type, tables)]));
}
