import type { EventQueue } from '../world/event-queue.ts';

interface Held {
  readonly job: () => void;
  readonly request: boolean;
}

/**
 * One life of a process. Everything that calls back into it does so through its life: not at all once that has ended, and only after the pause
 * while it is stopped. So a node object that a crash leaves behind never hears of anything again.
 */
export class ProcessLife {
  readonly #queue: EventQueue;
  #ended = false;
  #held: Held[] | undefined;

  constructor(queue: EventQueue) {
    this.#queue = queue;
  }

  get ended(): boolean {
    return this.#ended;
  }

  get paused(): boolean {
    return this.#held !== undefined;
  }

  /** Runs a part of the process: now, or after its pause. */
  run(job: () => void, request = false): void {
    if (this.#ended) return;
    if (this.#held === undefined) job();
    else this.#held.push({ job, request });
  }

  /** The same, so many microseconds later. */
  later(delay: number, job: () => void): void {
    this.#queue.after(delay, () => this.run(job));
  }

  pause(): void {
    this.#held ??= [];
  }

  /** Requests come by another door than messages: either may be opened first. */
  resume(requestsFirst: boolean): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const { job, request } of held) if (request && requestsFirst) this.run(job);
    for (const { job, request } of held) if (!(request && requestsFirst)) this.run(job);
  }

  end(): void {
    this.#ended = true;
    this.#held = undefined;
  }
}

/** What a process awaits that does not hear of anything any more. */
export function never<Value>(): Promise<Value> {
  return new Promise(() => undefined);
}
