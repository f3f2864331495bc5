import { type Bytes, type Configuration, decodeConfiguration, type Entry, entryData, RaftError, type SnapshotMeta } from '@raft/wire';
import type { Clock } from '../clock.ts';
import type { Ready } from '../protocol/ready.ts';
import type { StateMachine } from '../state-machine.ts';
import type { Storage } from '../storage.ts';
import { isPromise } from './reads.ts';
import { readSnapshot } from './snapshot-stream.ts';
import { describe, type Tasks } from './tasks.ts';

/** How many entries are applied between two looks at the clock. */
const entriesPerLook = 8;

type Committed = NonNullable<Ready['committed']>;

interface ApplyWork {
  readonly kind: 'apply';
  readonly to: number;
  /** The next to apply. */
  next: number;
  /** Bodies that are at hand, the first of them at `entries[0].index`; maybe none for `next`. */
  entries: readonly Entry[];
  /** The bodies that came with the range: the last of it. */
  readonly cached: readonly Entry[];
}

interface RestoreWork {
  readonly kind: 'restore';
  readonly meta: SnapshotMeta;
  /** The write that makes the snapshot current is durable. */
  durable: boolean;
}

/** Where the state machine stands: what a snapshot of it must say about itself. */
export interface Position {
  readonly lastApplied: number;
  readonly lastAppliedTerm: number;
  /** The configuration as of `lastApplied`, and the entry that set it. */
  readonly configuration: Configuration | undefined;
  readonly configurationIndex: number;
}

export interface ApplierOptions<Result> {
  readonly clock: Clock;
  readonly storage: Pick<Storage, 'readEntries' | 'openSnapshot'>;
  readonly stateMachine: Pick<StateMachine<Result>, 'apply' | 'restore'>;
  readonly tasks: Tasks;
  readonly sliceMs: number;
  readonly readBytes: number;
  readonly chunkBytes: number;
  /** One entry, of whatever kind, is applied; `result` is undefined unless it is a command. */
  readonly applied: (index: number, term: number, result: Result | undefined) => void;
  readonly restored: (meta: SnapshotMeta) => void;
  /** Once per slice: everything up to `index` is applied. */
  readonly progressed: (index: number) => void;
  /** Nothing is being applied just now: the state may be looked at. */
  readonly quiet: () => void;
}

/**
 * Applies what is committed: in order, one at a time, each once.
 *
 * It waits only where it must (a machine that answers with a promise, bodies that storage has), else it works in a tight
 * loop, and lets others have a turn when its time slice is over.
 */
export class Applier<Result> {
  readonly #options: ApplierOptions<Result>;
  #lastApplied: number;
  #lastAppliedTerm: number;
  #configuration: Configuration | undefined;
  #configurationIndex: number;
  #queue: (ApplyWork | RestoreWork)[] = [];
  #isRunning = false;
  #isBusy = false;
  #isStopped = false;
  #reported: number;
  #sliceEnd = 0;

  constructor(options: ApplierOptions<Result>, position: Position) {
    this.#options = options;
    this.#lastApplied = position.lastApplied;
    this.#lastAppliedTerm = position.lastAppliedTerm;
    this.#configuration = position.configuration;
    this.#configurationIndex = position.configurationIndex;
    this.#reported = position.lastApplied;
  }

  get lastApplied(): number {
    return this.#lastApplied;
  }

  get position(): Position {
    return {
      lastApplied: this.#lastApplied,
      lastAppliedTerm: this.#lastAppliedTerm,
      configuration: this.#configuration,
      configurationIndex: this.#configurationIndex,
    };
  }

  /** The machine is in the midst of an `apply` or `restore`: its state is not to be looked at. */
  get isBusy(): boolean {
    return this.#isBusy;
  }

  commit({ from, to, entries }: Committed): void {
    if (this.#isStopped) return;
    this.#queue.push({ kind: 'apply', next: from, to, entries, cached: entries });
    this.#run();
  }

  /** Drops what is not applied yet, since the snapshot covers it. Returns what to call once the snapshot is current. */
  restore(meta: SnapshotMeta): () => void {
    const work: RestoreWork = { kind: 'restore', meta, durable: false };
    this.#queue = [work];
    return () => {
      work.durable = true;
      this.#run();
    };
  }

  /** Tells how far it is, if that wasn't told. */
  report(): void {
    if (this.#reported === this.#lastApplied) return;
    this.#reported = this.#lastApplied;
    this.#options.progressed(this.#lastApplied);
  }

  /** Nothing more is applied, but for what is under way. */
  stop(): void {
    this.#isStopped = true;
    this.#queue = [];
  }

  #run(): void {
    if (this.#isRunning || this.#isStopped) return;
    this.#isRunning = true;
    this.#options.tasks.run(async () => {
      try {
        // What comes in the moment in which the last work ends finds this still running: so it looks again before it is not.
        do {
          this.#startSlice();
          await this.#drain();
        } while (this.#hasWork);
      } finally {
        this.#isRunning = false;
      }
      this.#endSlice();
    });
  }

  get #hasWork(): boolean {
    const work = this.#queue[0];
    return work !== undefined && (work.kind === 'apply' || work.durable);
  }

  async #drain(): Promise<void> {
    for (let work = this.#queue[0]; work && this.#hasWork; work = this.#queue[0]) {
      const waiting = work.kind === 'restore' ? this.#restore(work) : this.#apply(work);
      if (waiting !== undefined) await waiting;
    }
  }

  /** Works on the range until it is done (then undefined) or there is something to wait for. */
  #apply(work: ApplyWork): Promise<void> | undefined {
    for (let looked = 0; work.next <= work.to; looked += 1) {
      // `stop` and `restore` empty the queue, maybe from within `apply`.
      if (this.#queue[0] !== work) return undefined;
      const entry = this.#entryAt(work);
      if (!entry) return this.#load(work);
      if (looked % entriesPerLook === 0 && this.#options.clock.now() >= this.#sliceEnd) return this.#yield();
      const result = this.#applyEntry(entry);
      work.next += 1;
      if (isPromise(result)) return this.#finish(entry, result);
      this.#advance(entry, result);
    }
    if (this.#queue[0] === work) this.#queue.shift();
    return undefined;
  }

  #entryAt(work: ApplyWork): Entry | undefined {
    const first = work.entries[0];
    const entry = first && work.entries[work.next - first.index];
    if (!entry) return undefined;
    if (entry.index !== work.next)
      throw new RaftError('invariantViolated', `entry ${entry.index} came to be applied where ${work.next} is next`);
    return entry;
  }

  #applyEntry(entry: Entry): Result | undefined | Promise<Result | undefined> {
    const expected = this.#lastApplied + 1;
    if (entry.index !== expected)
      throw new RaftError('invariantViolated', `entry ${entry.index} came to be applied where ${expected} is next`);
    if (entry.kind !== 'command') return undefined;
    const data: Bytes = entryData(entry);
    this.#isBusy = true;
    try {
      const result = this.#options.stateMachine.apply({ index: entry.index, term: entry.term, data });
      if (!isPromise(result)) this.#isBusy = false;
      return result;
    } catch (error) {
      throw failedAt(entry, error);
    }
  }

  async #finish(entry: Entry, promise: Promise<Result | undefined>): Promise<void> {
    let result: Result | undefined;
    try {
      result = await promise;
    } catch (error) {
      throw failedAt(entry, error);
    }
    this.#isBusy = false;
    this.#advance(entry, result);
    this.#options.quiet();
  }

  #advance(entry: Entry, result: Result | undefined): void {
    const { index, term } = entry;
    this.#lastApplied = index;
    this.#lastAppliedTerm = term;
    if (entry.kind === 'configuration') {
      this.#configuration = decodeConfiguration(entryData(entry));
      this.#configurationIndex = index;
    }
    this.#options.applied(index, term, result);
  }

  /** The next bodies, from storage. */
  async #load(work: ApplyWork): Promise<void> {
    const cachedFrom = work.cached[0]?.index ?? work.to + 1;
    if (work.next >= cachedFrom) {
      if (work.entries === work.cached)
        throw new RaftError('invariantViolated', `the protocol left out entry ${work.next} of what is committed`);
      work.entries = work.cached;
      return;
    }
    this.#endSlice();
    const range = { from: work.next, to: cachedFrom - 1, maxBytes: this.#options.readBytes };
    const entries = await this.#options.storage.readEntries(range);
    if (this.#queue[0] !== work) return;
    if (entries.length === 0)
      throw new RaftError('invariantViolated', `storage has no entry ${work.next}, which is committed and not applied`);
    work.entries = entries;
    this.#startSlice();
  }

  async #restore(work: RestoreWork): Promise<void> {
    this.#isBusy = true;
    const meta = await restoreCurrent(this.#options);
    // A newer one may have become current since; then its own restore, which follows, finds nothing new.
    if (!meta || meta.lastIncludedIndex < work.meta.lastIncludedIndex) {
      throw new RaftError('invariantViolated', `storage has no snapshot ${work.meta.lastIncludedIndex}, which was made current`);
    }
    this.#isBusy = false;
    this.#lastApplied = meta.lastIncludedIndex;
    this.#lastAppliedTerm = meta.lastIncludedTerm;
    this.#configuration = meta.configuration;
    this.#configurationIndex = meta.configurationIndex;
    if (this.#queue[0] === work) this.#queue.shift();
    this.#options.restored(meta);
    this.#startSlice();
  }

  #startSlice(): void {
    this.#sliceEnd = this.#options.clock.now() + this.#options.sliceMs;
  }

  #endSlice(): void {
    if (this.#isStopped) return;
    this.report();
    this.#options.quiet();
  }

  async #yield(): Promise<void> {
    this.#endSlice();
    await new Promise<void>((resolve) => this.#options.clock.defer(resolve));
    this.#startSlice();
  }
}

/** Restores the machine from the storage's current snapshot; returns its meta, undefined when there is none. */
export async function restoreCurrent(options: {
  readonly storage: Pick<Storage, 'openSnapshot'>;
  readonly stateMachine: Pick<StateMachine, 'restore'>;
  readonly chunkBytes: number;
}): Promise<SnapshotMeta | undefined> {
  await using reader = await options.storage.openSnapshot();
  if (!reader) return undefined;
  try {
    await options.stateMachine.restore(readSnapshot(reader, options.chunkBytes));
  } catch (error) {
    const message = `restoring snapshot ${reader.meta.lastIncludedIndex} failed: ${describe(error)}`;
    throw new RaftError('stateMachineFailed', message, { cause: error });
  }
  return reader.meta;
}

function failedAt(entry: Entry, cause: unknown): RaftError {
  return new RaftError('stateMachineFailed', `applying entry ${entry.index} failed: ${describe(cause)}`, { cause });
}
