/** A timer that was set. Cancelling one that has fired or was cancelled does nothing. */
export interface Timer {
  cancel(): void;
}

/**
 * The only source of time and chance. A test passes one that it moves by hand; programs take the default,
 * {@link systemClock}.
 */
export interface Clock {
  /** Milliseconds on a monotonic clock; its zero means nothing. Never goes back. */
  now(): number;
  /**
   * Calls back once, not before `delayMs` have passed, never in the same turn. Perhaps long after: a browser holds the timers of a hidden tab back to
   * one a second, then one a minute, and stops those of a frozen one. A node counts how late its timers come; nothing unsafe follows from it.
   */
  setTimer(delayMs: number, callback: () => void): Timer;
  /** Calls back in the next turn of the event loop, after I/O that is ready was handled. Not by a timer, which may be held back. */
  defer(callback: () => void): void;
  /** A number in [0, 1). It seeds the protocol's generator, and draws ids that must not repeat over restarts. */
  random(): number;
}
