import type { Command, StateMachine } from '@raft/core';
import type { Bytes } from '@raft/wire';
import type { SimulatedMachine } from './kv-state-machine.ts';
import { never, type ProcessLife } from './process-life.ts';

/** What is told of a state machine. */
export interface MachineWatcher {
  /** A command is about to be applied: whatever came before it has been. */
  applying(command: Command): void;
  applied(command: Command, result: unknown, digest: number): void;
  /** Its state is about to be looked at. */
  looked(): void;
  /** Without a digest: it refused what came. */
  restored(digest: number | undefined): void;
  /** Microseconds that this command takes; 0: none, it is applied at once. */
  delay(): number;
}

/** Stands between a node and its machine. */
export class WatchedMachine implements StateMachine<unknown, unknown, unknown> {
  readonly query?: (input: unknown) => unknown;
  readonly #inner: SimulatedMachine<unknown, unknown, unknown>;
  readonly #life: ProcessLife;
  readonly #watcher: MachineWatcher;

  constructor(inner: SimulatedMachine<unknown, unknown, unknown>, life: ProcessLife, watcher: MachineWatcher) {
    this.#inner = inner;
    this.#life = life;
    this.#watcher = watcher;
    const query = inner.query?.bind(inner);
    if (query !== undefined) this.query = query;
  }

  apply(command: Command): unknown {
    if (this.#life.ended) return never();
    this.#watcher.applying(command);
    const delay = this.#watcher.delay();
    if (delay > 0) return this.#applyLater(command, delay);
    const result = this.#inner.apply(command);
    return isPromise(result) ? result.then((value) => this.#applied(command, value)) : this.#applied(command, result);
  }

  snapshot(): AsyncIterable<Bytes> {
    if (!this.#life.ended) this.#watcher.looked();
    return this.#inner.snapshot();
  }

  async restore(chunks: AsyncIterable<Bytes>): Promise<void> {
    try {
      await this.#inner.restore(chunks);
    } catch (error) {
      if (!this.#life.ended) this.#watcher.restored(undefined);
      throw error;
    }
    if (this.#life.ended) return never();
    this.#watcher.restored(this.#digest());
  }

  async #applyLater(command: Command, delay: number): Promise<unknown> {
    await new Promise<void>((resolve) => this.#life.later(delay, resolve));
    const result = await this.#inner.apply(command);
    return this.#applied(command, result);
  }

  #applied(command: Command, result: unknown): unknown {
    if (this.#life.ended) return never();
    this.#watcher.applied(command, result, this.#digest());
    return this.#life.ended ? never() : result;
  }

  #digest(): number {
    return this.#inner.digest?.() ?? 0;
  }
}

function isPromise(value: unknown): value is Promise<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}
