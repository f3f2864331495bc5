/** How long to wait before a child that keeps dying is started again. */
export interface BackoffOptions {
  readonly firstDelayMs: number;
  readonly maxDelayMs: number;
  /** A child that lived this long was well: the next delay is the first again. */
  readonly healthyMs: number;
}

/** Doubles the delay with each early death. */
export class Backoff {
  readonly #options: BackoffOptions;
  #earlyDeaths = 0;

  constructor(options: BackoffOptions) {
    this.#options = options;
  }

  /** The delay after a life that lasted so long. */
  delayAfter(lifeMs: number): number {
    const { firstDelayMs, maxDelayMs, healthyMs } = this.#options;
    if (lifeMs >= healthyMs) this.#earlyDeaths = 0;
    const delay = Math.min(maxDelayMs, firstDelayMs * 2 ** this.#earlyDeaths);
    this.#earlyDeaths += 1;
    return delay;
  }
}
