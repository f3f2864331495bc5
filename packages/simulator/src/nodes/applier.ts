import type { Ready } from '@raft/core/protocol';
import { type Bytes, type Configuration, decodeConfiguration, type Entry, entryData, type SnapshotMeta } from '@raft/wire';
import { KvMachine, type KvResult } from '../clients/kv-machine.ts';
import type { Subject } from '../invariants/observer.ts';
import type { Oracle } from '../invariants/oracle.ts';
import { demand } from '../invariants/violation.ts';
import type { RecordDisk } from './record-disk.ts';

type Job =
  | { readonly kind: 'apply'; readonly from: number; readonly to: number; readonly entries: readonly Entry[] }
  | { readonly kind: 'restore'; readonly meta: SnapshotMeta; readonly ticket: number };

/** What the applier asks of its process. */
export interface ApplierHost {
  readonly subject: Subject & { readonly disk: RecordDisk };
  readonly oracle: Oracle;
  later(job: () => void): void;
  durableTicket(): number;
  /** One entry was applied. */
  applied(entry: Entry, result: KvResult | undefined): void;
  restored(index: number): void;
  /** A slice is done: the protocol may hear of it. */
  progressed(index: number): void;
}

/** The state machine of one process, and what is waiting to be applied to it, in order. */
export class Applier {
  readonly machine = new KvMachine();
  private setting: { readonly index: number; readonly configuration: Configuration } | undefined;
  private readonly jobs: Job[] = [];
  private running = false;
  private readonly host: ApplierHost;
  /** How many entries are applied before the protocol hears of it. */
  private readonly slice: number;

  constructor(host: ApplierHost, slice: number) {
    this.host = host;
    this.slice = slice;
  }

  /** Before the protocol starts: the state that the current snapshot holds. */
  start(): void {
    if (this.host.subject.disk.snapshot !== undefined) this.restoreCurrent();
  }

  take(ready: Ready): void {
    if (ready.restore !== undefined) this.jobs.push({ kind: 'restore', ...ready.restore });
    if (ready.committed !== undefined) this.jobs.push({ kind: 'apply', ...ready.committed });
    this.runSoon();
  }

  /** What a snapshot of the present state says of itself; undefined before anything was applied. */
  snapshot(): { readonly meta: SnapshotMeta; readonly data: Bytes } | undefined {
    if (this.setting === undefined || this.machine.index === 0) return undefined;
    const { index, configuration } = this.setting;
    const meta = { lastIncludedIndex: this.machine.index, lastIncludedTerm: this.machine.term, configuration, configurationIndex: index };
    return { meta, data: this.machine.snapshot() };
  }

  runSoon(): void {
    if (this.running || this.jobs.length === 0) return;
    this.running = true;
    this.host.later(() => {
      this.running = false;
      this.run();
    });
  }

  private run(): void {
    // A snapshot that is in force has taken the place of what waits before it, on disk too.
    const restore = this.jobs.findLastIndex((job) => job.kind === 'restore' && job.ticket <= this.host.durableTicket());
    if (restore > 0) this.jobs.splice(0, restore);
    const job = this.jobs[0];
    if (job === undefined) return;
    if (job.kind === 'restore') {
      // The write that makes it current comes first; its completion calls again.
      if (job.ticket > this.host.durableTicket()) return;
      this.jobs.shift();
      this.restoreCurrent();
      this.runSoon();
      this.host.progressed(this.machine.index);
      return;
    }
    this.jobs.shift();
    const to = Math.min(job.to, job.from + this.slice - 1);
    for (let index = job.from; index <= to; index++) this.apply(this.entry(job, index));
    if (to < job.to) this.jobs.unshift({ ...job, from: to + 1 });
    this.runSoon();
    this.host.progressed(to);
  }

  private entry(job: Job & { readonly kind: 'apply' }, index: number): Entry {
    const { disk } = this.host.subject;
    const entry = job.entries[index - (job.to - job.entries.length + 1)] ?? disk.entryAt(index);
    demand(entry !== undefined, 'I08', () => `${this.host.subject.id} is told to apply ${index}, which is neither at hand nor on disk`);
    return entry;
  }

  private apply(entry: Entry): void {
    const { oracle, subject } = this.host;
    const { index, term, kind } = entry;
    const result = this.machine.apply({ index, term, data: kind === 'command' ? entryData(entry) : undefined });
    oracle.applies(subject, { entry, digest: this.machine.digest, result });
    if (kind === 'configuration') this.setting = { index, configuration: decodeConfiguration(entryData(entry)) };
    this.host.applied(entry, result);
  }

  private restoreCurrent(): void {
    const { oracle, subject } = this.host;
    const image = subject.disk.snapshot;
    demand(image !== undefined, 'I08', () => `${subject.id} is told to restore, and has no snapshot`);
    const index = image.meta.lastIncludedIndex;
    demand(index >= this.machine.index, 'I08', () => `${subject.id} restores ${index} over ${this.machine.index}`);
    const whole = this.machine.restore(image.data);
    demand(
      !whole || this.machine.index === index,
      'S07',
      () => `${subject.id} restores a state of ${this.machine.index} as that of ${index}`,
    );
    oracle.restores(subject, { index, digest: whole ? this.machine.digest : undefined });
    this.setting = { index: image.meta.configurationIndex, configuration: image.meta.configuration };
    this.host.restored(index);
  }
}
