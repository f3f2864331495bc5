import type { NodeId, Rejection } from '@raft/wire';
import type { AbortSignalLike } from '../abort-signal.ts';
import type { ReadOutcome as Answered } from '../protocol/ready.ts';
import { onAbort } from './abort.ts';
import type { ReadOutcome } from './outcomes.ts';

interface Pending<Query, Answer> {
  readonly id: number;
  readonly query: Query;
  readonly deadline: number;
  readonly resolve: (outcome: ReadOutcome<Answer>) => void;
  readonly reject: (error: unknown) => void;
  /** Served once this is applied. */
  index: number;
  detach: (() => void) | undefined;
}

export interface ReadsOptions<Query, Answer> {
  readonly now: () => number;
  readonly timeoutMs: number;
  readonly query: (input: Query) => Answer | Promise<Answer>;
}

/** The reads asked here that are not settled. Each ends served or rejected. */
export class Reads<Query, Answer> {
  readonly #options: ReadsOptions<Query, Answer>;
  /** By id, which rises: the first is the next to time out. */
  readonly #pending = new Map<number, Pending<Query, Answer>>();
  /** Those that only wait for the state machine. */
  #waiting: Pending<Query, Answer>[] = [];
  #lowestWaiting = Number.POSITIVE_INFINITY;
  #nextId = 1;
  #deadline = Number.POSITIVE_INFINITY;

  constructor(options: ReadsOptions<Query, Answer>) {
    this.#options = options;
  }

  get size(): number {
    return this.#pending.size;
  }

  /** When {@link Reads.expire} has something to do, at the earliest. */
  get deadline(): number {
    return this.#deadline;
  }

  /** A read that waits for {@link Reads.outcome}; `begin` is told its id. */
  open(query: Query, signal: AbortSignalLike | undefined, begin: (id: number) => void): Promise<ReadOutcome<Answer>> {
    return new Promise((resolve, reject) => {
      const id = this.#nextId++;
      const deadline = this.#options.now() + this.#options.timeoutMs;
      const detach = onAbort(signal, () => this.#reject(id, 'aborted'));
      this.#pending.set(id, { id, query, deadline, resolve, reject, index: 0, detach });
      this.#deadline = Math.min(this.#deadline, deadline);
      begin(id);
    });
  }

  /** The protocol's word: served from this index on, or not at all. */
  outcome(outcome: Answered): void {
    if ('rejected' in outcome) {
      this.#reject(outcome.id, outcome.rejected, outcome.leaderId);
      return;
    }
    this.serveFrom(outcome.id, outcome.index);
  }

  /** It may be served as soon as `index` is applied. */
  serveFrom(id: number, index: number): void {
    const pending = this.#pending.get(id);
    if (!pending) return;
    pending.index = index;
    this.#waiting.push(pending);
    this.#lowestWaiting = Math.min(this.#lowestWaiting, index);
  }

  /** Serves whatever may be served, now that everything up to `lastApplied` is applied and nothing is being applied. */
  serve(lastApplied: number): void {
    if (this.#lowestWaiting > lastApplied) return;
    const waiting = this.#waiting;
    this.#waiting = [];
    this.#lowestWaiting = Number.POSITIVE_INFINITY;
    for (const pending of waiting) {
      if (pending.index <= lastApplied) this.#serve(pending, lastApplied);
      else this.serveFrom(pending.id, pending.index);
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
      this.#reject(pending.id, 'timeout');
    }
  }

  end(code: 'closed' | 'stopped'): void {
    for (const id of [...this.#pending.keys()]) this.#reject(id, code);
    this.#waiting = [];
    this.#lowestWaiting = Number.POSITIVE_INFINITY;
    this.#deadline = Number.POSITIVE_INFINITY;
  }

  /** What a query throws is the caller's: it changed nothing, so the node goes on. */
  #serve(pending: Pending<Query, Answer>, index: number): void {
    if (!this.#pending.has(pending.id)) return;
    const served = (value: Answer): void => {
      if (this.#forget(pending)) pending.resolve({ outcome: 'served', index, value });
    };
    const failed = (error: unknown): void => {
      if (this.#forget(pending)) pending.reject(error);
    };
    try {
      const answer = this.#options.query(pending.query);
      if (isPromise(answer)) answer.then(served, failed);
      else served(answer);
    } catch (error) {
      failed(error);
    }
  }

  #reject(id: number, code: Rejection | 'closed' | 'aborted', leaderId?: NodeId): void {
    const pending = this.#pending.get(id);
    if (!pending || !this.#forget(pending)) return;
    pending.resolve(leaderId === undefined ? { outcome: 'rejected', code } : { outcome: 'rejected', code, leaderId });
  }

  #forget(pending: Pending<Query, Answer>): boolean {
    pending.detach?.();
    return this.#pending.delete(pending.id);
  }
}

/** Whether there is something to wait for: an `await` of what is no promise costs a turn of the microtask queue. */
export function isPromise<Value>(value: Value | Promise<Value>): value is Promise<Value> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}
