import { type Bytes, RaftError, type RaftErrorCode, type SnapshotMeta } from '@raft/wire';
import type { Clock } from '../clock.ts';
import type { EventLog } from '../events.ts';
import type { Event } from '../protocol/ready.ts';
import type { StateMachine } from '../state-machine.ts';
import type { SnapshotWriter, Storage } from '../storage.ts';
import type { Applier } from './applier.ts';
import { describe, type Tasks } from './tasks.ts';

interface Request {
  readonly resolve: (meta: SnapshotMeta | undefined) => void;
  readonly reject: (error: RaftError) => void;
}

interface Taking {
  readonly meta: SnapshotMeta;
  readonly startedAt: number;
  readonly requests: readonly Request[];
  /** A newer snapshot was installed, or the node ends. */
  isAborted: boolean;
  /** `told`: it is in storage, and the next step tells the protocol; `replacing`: a write is under way that makes it current. */
  stage: 'storing' | 'told' | 'replacing';
}

export interface SnapshotsOptions {
  readonly clock: Clock;
  readonly storage: Pick<Storage, 'createSnapshot'>;
  readonly stateMachine: Pick<StateMachine, 'snapshot'>;
  readonly tasks: Tasks;
  /** 0: only when asked for. */
  readonly everyEntries: number;
  readonly applier: Pick<Applier<unknown>, 'isBusy' | 'lastApplied' | 'position'>;
  readonly post: (event: Event) => void;
  readonly log: EventLog;
}

/** Takes snapshots of the state machine: one at a time, in the background, while commands go on being applied. */
export class Snapshots {
  readonly #options: SnapshotsOptions;
  #taking: Taking | undefined;
  #requests: Request[] = [];
  #snapshotIndex: number;
  /** The next is due `everyEntries` behind this: the last snapshot, or the last attempt. */
  #countedFrom: number;
  #ended: RaftError | undefined;

  constructor(options: SnapshotsOptions, snapshotIndex: number) {
    this.#options = options;
    this.#snapshotIndex = snapshotIndex;
    this.#countedFrom = snapshotIndex;
  }

  take(): Promise<SnapshotMeta | undefined> {
    if (this.#ended) return Promise.reject(this.#ended);
    return new Promise((resolve, reject) => {
      this.#requests.push({ resolve, reject });
      this.consider();
    });
  }

  /** Begins one if it is asked for or due. To be called whenever the machine may be looked at: that re-arms the trigger. */
  consider(): void {
    if (this.#taking || this.#ended) return;
    const { everyEntries, applier } = this.#options;
    const isDue = everyEntries > 0 && applier.lastApplied - this.#countedFrom >= everyEntries;
    if ((!isDue && this.#requests.length === 0) || applier.isBusy) return;
    const requests = this.#requests;
    this.#requests = [];
    const { lastApplied: lastIncludedIndex, lastAppliedTerm: lastIncludedTerm, configuration, configurationIndex } = applier.position;
    if (lastIncludedIndex <= this.#snapshotIndex || !configuration) {
      for (const request of requests) request.resolve(undefined);
      return;
    }
    const meta = { lastIncludedIndex, lastIncludedTerm, configuration, configurationIndex };
    this.#begin({ meta, startedAt: this.#options.clock.now(), requests, isAborted: false, stage: 'storing' });
  }

  /**
   * To be called with each Ready: the first one after the protocol was told either makes the snapshot current, or never
   * will (it has a newer one). Returns whether {@link Snapshots.current} is to be called once that write is durable.
   */
  replacing(current: SnapshotMeta | undefined): boolean {
    const taking = this.#taking;
    if (taking?.stage !== 'told') return false;
    if (current?.lastIncludedIndex === taking.meta.lastIncludedIndex) {
      taking.stage = 'replacing';
      return true;
    }
    this.#end(taking, (request) => request.resolve(undefined));
    return false;
  }

  /** The write that makes it current is durable. */
  current(): void {
    const taking = this.#taking;
    if (taking?.stage !== 'replacing') return;
    const { meta, startedAt } = taking;
    this.#options.log({ type: 'snapshotTaken', meta, durationMs: this.#options.clock.now() - startedAt });
    this.#end(taking, (request) => request.resolve(meta));
  }

  /** The leader's snapshot replaces the machine's state: one of an older state is of no use any more. */
  replacedBy(meta: SnapshotMeta): void {
    this.#snapshotIndex = meta.lastIncludedIndex;
    this.#countedFrom = meta.lastIncludedIndex;
    const taking = this.#taking;
    if (!taking) return;
    taking.isAborted = true;
    if (taking.stage !== 'storing') this.#end(taking, (request) => request.resolve(undefined));
  }

  /** Gives up what is under way, and rejects who waits for it. */
  end(error: RaftError): void {
    this.#ended ??= error;
    const requests = [...this.#requests, ...(this.#taking?.requests ?? [])];
    if (this.#taking) this.#taking.isAborted = true;
    this.#requests = [];
    for (const request of requests) request.reject(error);
  }

  #begin(taking: Taking): void {
    this.#taking = taking;
    this.#countedFrom = taking.meta.lastIncludedIndex;
    let chunks: AsyncIterable<Bytes>;
    try {
      chunks = this.#options.stateMachine.snapshot();
    } catch (error) {
      this.#failed(taking, error);
      return;
    }
    this.#options.tasks.run(() => this.#store(taking, chunks));
  }

  /**
   * Rejects when the storage rejects the commit, which stops the node. What the machine throws, or a disk without room for a
   * snapshot beside the log, only ends this attempt.
   */
  async #store(taking: Taking, chunks: AsyncIterable<Bytes>): Promise<void> {
    let writer: SnapshotWriter | undefined;
    let refusal: unknown;
    const kept = <Value>(work: Promise<Value>): Promise<Value> =>
      work.catch((error: unknown) => {
        refusal = error;
        throw error;
      });
    try {
      writer = await kept(this.#options.storage.createSnapshot(taking.meta));
      for await (const chunk of chunks) {
        if (taking.isAborted) break;
        await kept(writer.write(chunk));
      }
    } catch (error) {
      await writer?.abort();
      this.#failed(taking, error, error === refusal ? codeOf(error) : undefined);
      return;
    }
    if (!taking.isAborted) await writer.commit();
    if (taking.isAborted) {
      await writer.abort();
      this.#end(taking, (request) => request.resolve(undefined));
      return;
    }
    taking.stage = 'told';
    this.#snapshotIndex = taking.meta.lastIncludedIndex;
    this.#options.post({ type: 'SnapshotTaken', meta: taking.meta });
  }

  #failed(taking: Taking, cause: unknown, code: RaftErrorCode = 'stateMachineFailed'): void {
    const reason = `taking snapshot ${taking.meta.lastIncludedIndex} failed: ${describe(cause)}`;
    this.#options.log({ type: 'snapshotFailed', reason });
    this.#end(taking, (request) => request.reject(new RaftError(code, reason, { cause })));
  }

  #end(taking: Taking, settle: (request: Request) => void): void {
    if (this.#taking === taking) this.#taking = undefined;
    for (const request of taking.requests) settle(request);
    this.consider();
  }
}

/** A storage says why by a code of its own. */
function codeOf(cause: unknown): RaftErrorCode {
  return cause instanceof Error && cause.name === 'RaftError' && 'code' in cause ? (cause.code as RaftErrorCode) : 'storageFailed';
}
