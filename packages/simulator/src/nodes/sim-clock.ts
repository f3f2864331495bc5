import type { Clock, Timer } from '@raft/core';
import type { EventQueue } from '../world/event-queue.ts';
import type { Random } from '../world/random.ts';
import type { ProcessLife } from './process-life.ts';

/** A machine's clock: it outlives the processes on the machine. */
export class MachineClock {
  /** Timers fire at multiples of so many microseconds, as those of a hidden tab; 0: when they are due. */
  grain = 0;
  readonly #queue: EventQueue;
  readonly #rate: number;
  #offsetMs: number;

  /** `rate`: the seconds that it counts per second. */
  constructor(queue: EventQueue, options: { readonly rate: number; readonly startMs: number }) {
    this.#queue = queue;
    this.#rate = options.rate;
    this.#offsetMs = options.startMs;
  }

  /** In milliseconds. */
  now(): number {
    return this.#offsetMs + (this.#queue.now * this.#rate) / 1000;
  }

  /** It skips so many microseconds, as after a sleep. */
  jump(microseconds: number): void {
    this.#offsetMs += microseconds / 1000;
  }

  /** Microseconds of the world until the clock shows this. */
  until(dueMs: number): number {
    const delay = Math.max(1, Math.ceil(((dueMs - this.now()) * 1000) / this.#rate));
    const due = this.#queue.now + delay;
    return this.grain === 0 ? delay : delay + this.grain - (due % this.grain);
  }
}

interface PendingTimer {
  readonly dueMs: number;
  readonly callback: () => void;
  /** Of the event that fires it: earlier ones are void. */
  armed: number;
}

export interface SimClockOptions {
  readonly queue: EventQueue;
  readonly life: ProcessLife;
  readonly machine: MachineClock;
  readonly random: Random;
  /** How long the next turn waits, in microseconds: what comes meanwhile belongs to it. */
  readonly turnDelay: () => number;
  /** A turn is over. */
  readonly turned: () => void;
}

/** The clock that a process is given. It ends with it. */
export class SimClock implements Clock {
  readonly #options: SimClockOptions;
  readonly #timers = new Set<PendingTimer>();

  constructor(options: SimClockOptions) {
    this.#options = options;
  }

  now(): number {
    return this.#options.machine.now();
  }

  setTimer(delayMs: number, callback: () => void): Timer {
    const timer: PendingTimer = { dueMs: this.now() + Math.max(0, delayMs), callback, armed: 0 };
    this.#timers.add(timer);
    this.#arm(timer);
    return { cancel: () => void this.#timers.delete(timer) };
  }

  defer(callback: () => void): void {
    const { life, turnDelay, turned } = this.#options;
    life.later(turnDelay(), () => {
      callback();
      turned();
    });
  }

  random(): number {
    return this.#options.random.fraction();
  }

  /** The machine's clock has jumped, or its timers are of another grain: each is due at another time. */
  changed(): void {
    for (const timer of this.#timers) this.#arm(timer);
  }

  #arm(timer: PendingTimer): void {
    timer.armed += 1;
    const { armed } = timer;
    this.#options.life.later(this.#options.machine.until(timer.dueMs), () => {
      if (timer.armed !== armed || !this.#timers.delete(timer)) return;
      timer.callback();
    });
  }
}
