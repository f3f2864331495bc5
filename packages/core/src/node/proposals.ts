import type { Bytes } from '@raft/wire';
import type { AbortSignalLike } from '../abort-signal.ts';
import type { Outcome } from '../protocol/ready.ts';
import { onAbort } from './abort.ts';
import type { ProposeOutcome } from './outcomes.ts';
import { RecentResults } from './recent-results.ts';

interface Pending<Result> {
  readonly id: number;
  readonly deadline: number;
  readonly resolve: (outcome: ProposeOutcome<Result>) => void;
  /** Where the leader put it, once that is known; 0 before. */
  index: number;
  term: number;
  /** Another proposal that was once appended at the same index: at most one of them is committed there. */
  next: Pending<Result> | undefined;
  detach: (() => void) | undefined;
}

export interface ProposalsOptions {
  readonly now: () => number;
  readonly outcomeTimeoutMs: number;
  /** There is a proposal to hand over. */
  readonly wake: () => void;
}

/**
 * The proposals made here that are not settled.
 *
 * One is settled by what is applied at its index: the same term there means that it is this very proposal (paper, §5.3,
 * Log Matching), any other that it was overwritten and never happens. Losing leadership, or a truncation, settles
 * nothing: the entry may live on in another log and commit.
 */
export class Proposals<Result> {
  readonly #options: ProposalsOptions;
  /** By id, which rises; so the first is the oldest, and since all wait equally long, the next to time out. */
  readonly #pending = new Map<number, Pending<Result>>();
  /** Those whose place in the log is known. */
  readonly #byIndex = new Map<number, Pending<Result>>();
  /** Made in this turn, not handed to the protocol yet: the ids from `#firstUnhanded` on. */
  #batch: { readonly id: number; readonly data: Bytes }[] = [];
  #batchDeadline = 0;
  #firstUnhanded = 1;
  #nextId = 1;
  /** Handed over, place not known. */
  #unplaced = 0;
  #lastApplied: number;
  readonly #recent = new RecentResults<Result>();
  #deadline = Number.POSITIVE_INFINITY;
  #resolve: Pending<Result>['resolve'] = () => undefined;

  constructor(options: ProposalsOptions, lastApplied: number) {
    this.#options = options;
    this.#lastApplied = lastApplied;
  }

  get size(): number {
    return this.#pending.size;
  }

  /** When {@link Proposals.expire} has something to do, at the earliest. */
  get deadline(): number {
    return this.#deadline;
  }

  open(data: Bytes, signal: AbortSignalLike | undefined): Promise<ProposeOutcome<Result>> {
    const id = this.#nextId++;
    if (this.#batch.length === 0) {
      // All proposals of one turn share a reading of the clock.
      this.#batchDeadline = this.#options.now() + this.#options.outcomeTimeoutMs;
      this.#deadline = Math.min(this.#deadline, this.#batchDeadline);
      this.#options.wake();
    }
    this.#batch.push({ id, data });
    const promise = new Promise<ProposeOutcome<Result>>(this.#capture);
    const detach = signal && onAbort(signal, () => this.#abort(id));
    const pending = { id, deadline: this.#batchDeadline, resolve: this.#resolve, index: 0, term: 0, next: undefined, detach };
    this.#pending.set(id, pending);
    return promise;
  }

  /** Hands over what was made since the last call: from here on it may happen. */
  takeBatch(): readonly { readonly id: number; readonly data: Bytes }[] {
    const batch = this.#batch;
    if (batch.length === 0) return batch;
    this.#batch = [];
    this.#firstUnhanded = this.#nextId;
    this.#unplaced += batch.length;
    return batch;
  }

  /** What the protocol did with one. */
  outcome(outcome: Outcome): void {
    const pending = this.#pending.get(outcome.id);
    if (!pending) return;
    if ('rejected' in outcome) {
      const { rejected: code, leaderId } = outcome;
      this.#settle(pending, leaderId === undefined ? { outcome: 'rejected', code } : { outcome: 'rejected', code, leaderId });
      return;
    }
    if (pending.index === 0) this.#place(pending, outcome.appended.index, outcome.appended.term);
  }

  /** To be called for each entry of whatever kind, in order, with the machine's result. */
  applied(index: number, term: number, result: Result): void {
    this.#lastApplied = index;
    if (this.#unplaced > 0) this.#recent.put(index, term, result);
    if (this.#byIndex.size === 0) return;
    for (let pending = this.#byIndex.get(index); pending; pending = pending.next) this.#settleApplied(pending, term, result);
  }

  /** The state machine jumped to `index`: what it did on the way is not known. */
  restored(index: number): void {
    this.#lastApplied = index;
    this.#recent.clear();
    for (const pending of [...this.#pending.values()]) {
      if (pending.index > 0 && pending.index <= index) this.#settle(pending, { outcome: 'unknown', code: 'passedBySnapshot' });
    }
  }

  expire(now: number): void {
    if (now < this.#deadline) return;
    this.#deadline = Number.POSITIVE_INFINITY;
    for (const pending of this.#pending.values()) {
      if (pending.deadline > now) {
        this.#deadline = pending.deadline;
        return;
      }
      this.#settle(pending, { outcome: 'unknown', code: 'timeout' });
    }
  }

  /** Settles all: nothing happened to those that were not handed over, the fate of the others is unknown. */
  end(code: 'closed' | 'stopped'): void {
    this.#batch = [];
    for (const pending of [...this.#pending.values()]) {
      this.#settle(pending, { outcome: pending.id < this.#firstUnhanded ? 'unknown' : 'rejected', code });
    }
    this.#firstUnhanded = this.#nextId;
    this.#deadline = Number.POSITIVE_INFINITY;
  }

  /** One function for all promises: a closure for each would be a tenth of what a proposal costs. */
  readonly #capture = (resolve: Pending<Result>['resolve']): void => {
    this.#resolve = resolve;
  };

  #abort(id: number): void {
    const pending = this.#pending.get(id);
    if (!pending) return;
    if (id < this.#firstUnhanded) {
      this.#settle(pending, { outcome: 'unknown', code: 'aborted' });
      return;
    }
    this.#batch = this.#batch.filter((proposal) => proposal.id !== id);
    this.#settle(pending, { outcome: 'rejected', code: 'aborted' });
  }

  #place(pending: Pending<Result>, index: number, term: number): void {
    const applied = this.#recent.get(index);
    this.#placed();
    pending.index = index;
    pending.term = term;
    if (index > this.#lastApplied) {
      pending.next = this.#byIndex.get(index);
      this.#byIndex.set(index, pending);
      return;
    }
    if (applied) this.#settleApplied(pending, applied.term, applied.result);
    else this.#settle(pending, { outcome: 'unknown', code: 'passedBySnapshot' });
  }

  #settleApplied(pending: Pending<Result>, term: number, result: Result): void {
    if (pending.term === term) this.#settle(pending, { outcome: 'committed', index: pending.index, result });
    else this.#settle(pending, { outcome: 'rejected', code: 'superseded' });
  }

  #settle(pending: Pending<Result>, outcome: ProposeOutcome<Result>): void {
    this.#pending.delete(pending.id);
    if (pending.index > 0) this.#unlink(pending);
    else if (pending.id < this.#firstUnhanded) this.#placed();
    pending.detach?.();
    pending.resolve(outcome);
  }

  #placed(): void {
    this.#unplaced -= 1;
    if (this.#unplaced === 0) this.#recent.clear();
  }

  #unlink(pending: Pending<Result>): void {
    const first = this.#byIndex.get(pending.index);
    if (first === pending) {
      if (pending.next) this.#byIndex.set(pending.index, pending.next);
      else this.#byIndex.delete(pending.index);
      return;
    }
    for (let other = first; other; other = other.next) {
      if (other.next === pending) other.next = pending.next;
    }
  }
}
