import type { NodeId } from '@raft/wire';
import type { Clock, Timer } from '../clock.ts';
import type { Connection } from './connection.ts';

/** How long to wait before another attempt. */
interface Backoff {
  readonly minMs: number;
  readonly maxMs: number;
}

export interface DialerOptions {
  readonly id: NodeId;
  readonly address: string;
  readonly backoff: Backoff;
  readonly clock: Clock;
  /** Makes one attempt. */
  readonly connect: () => Connection;
}

/** Keeps trying to reach one node, one attempt at a time, while nobody tells it to stop. */
export class Dialer {
  readonly id: NodeId;
  readonly address: string;
  readonly #options: DialerOptions;
  #attempt: Connection | undefined;
  #timer: Timer | undefined;
  #failures = 0;

  constructor(options: DialerOptions) {
    this.#options = options;
    this.id = options.id;
    this.address = options.address;
  }

  /** Dials now, unless an attempt is under way. */
  dial(): void {
    this.#cancelTimer();
    this.#attempt ??= this.#options.connect();
  }

  /** Dials after a while: twice as long with each failure, and never quite when others do. */
  dialLater(): void {
    if (this.#attempt || this.#timer) return;
    const { minMs, maxMs } = this.#options.backoff;
    const delayMs = Math.min(minMs * 2 ** Math.min(this.#failures, 30), maxMs);
    this.#failures += 1;
    this.#timer = this.#options.clock.setTimer(delayMs * (0.5 + this.#options.clock.random() / 2), () => this.dial());
  }

  /** A connection was accepted, ours or the other end's: nothing to do until it is lost. */
  rest(connection: Connection): void {
    this.failed(connection);
    this.#cancelTimer();
  }

  /** A connection stands, and both ends know: failures are counted anew. */
  succeeded(): void {
    this.#failures = 0;
  }

  /** A connection has ended: if it was our attempt, another may follow. */
  failed(connection: Connection): void {
    if (this.#attempt === connection) this.#attempt = undefined;
  }

  stop(): void {
    this.#cancelTimer();
    this.#attempt?.destroy();
  }

  #cancelTimer(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }
}
