import type { Identity, Vitals, WriteBatch } from '@raft/core';
import { type Configuration, decodeConfiguration, type Entry, entryData, type Message } from '@raft/wire';
import { LogModel } from '../invariants/log-model.ts';
import type { Observer, Subject } from '../invariants/observer.ts';
import { fanOut } from '../invariants/oracle.ts';
import type { MarkWatcher } from './mark.ts';

interface Standing {
  storageId: string;
  log: LogModel;
  vitals: Vitals;
  received: number;
  message: Message | undefined;
  from: Identity | undefined;
}

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
  private readonly handled: (node: Subject, handled: unknown, none?: undefined) => void;
  private readonly step: { before: Vitals; after: Vitals; message: Message | undefined; from: Identity | undefined } = {
    before: nowhere,
    after: nowhere,
    message: undefined,
    from: undefined,
  };

  constructor(watchers: () => readonly MarkWatcher[]) {
    let tell: ReturnType<typeof fanOut> | undefined;
    this.handled = (node, handled) => {
      tell ??= fanOut<MarkWatcher>('handled', watchers());
      tell(node, handled, undefined);
    };
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
    this.handled(node, step);
    standing.vitals = after;
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
