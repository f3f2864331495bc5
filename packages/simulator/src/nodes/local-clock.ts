import type { EventQueue } from '../world/event-queue.ts';

/** A node's own clock, which runs at its own rate, and its one timer (architecture §5). It outlives the processes that look at it. */
export class LocalClock {
  private readonly queue: EventQueue;
  private readonly rate: number;
  private offset: number;
  private grain = 0;
  private timer = 0;
  private due = Number.POSITIVE_INFINITY;
  private wake = Number.POSITIVE_INFINITY;
  private fire: (lateMs: number) => void = () => undefined;

  /** `rate`: seconds counted per second; `start` in milliseconds. */
  constructor(queue: EventQueue, { rate, start }: { readonly rate: number; readonly start: number }) {
    this.queue = queue;
    this.rate = rate;
    this.offset = start;
  }

  now(): number {
    return this.offset + (this.queue.now * this.rate) / 1000;
  }

  get isCoarse(): boolean {
    return this.grain > 0;
  }

  get isOverdue(): boolean {
    return this.now() >= this.wake;
  }

  /** Fires once, when this clock shows `wake` or later; a later call takes the place of an earlier one. */
  wakeAt(wake: number, fire: (lateMs: number) => void): void {
    this.fire = fire;
    this.wake = wake;
    const delay = Math.max(1, Math.ceil(((wake - this.now()) * 1000) / this.rate));
    const due = this.queue.now + delay;
    // Like the pump of a node: a timer that is set and fires no later is left alone.
    if (this.due === due || (this.grain > 0 && this.due <= due)) return;
    const timer = ++this.timer;
    this.due = due;
    if (wake === Number.POSITIVE_INFINITY) return;
    const held = this.grain === 0 ? 0 : this.grain - (due % this.grain);
    this.queue.after(delay + held, () => {
      if (timer !== this.timer) return;
      this.due = Number.POSITIVE_INFINITY;
      this.fire(((this.queue.now - due) * this.rate) / 1000);
    });
  }

  cancel(): void {
    this.timer++;
    this.due = Number.POSITIVE_INFINITY;
    this.wake = Number.POSITIVE_INFINITY;
  }

  /** Timers fire at multiples of so many microseconds from now on; 0: when they are due. */
  coarsen(grain: number): void {
    this.grain = grain;
    if (this.wake === Number.POSITIVE_INFINITY) return;
    this.due = Number.POSITIVE_INFINITY;
    this.wakeAt(this.wake, this.fire);
  }

  /** The machine slept: its clock is ahead all at once. */
  jump(microseconds: number): void {
    this.offset += microseconds / 1000;
    if (this.wake === Number.POSITIVE_INFINITY) return;
    this.due = Number.POSITIVE_INFINITY;
    this.wakeAt(this.wake, this.fire);
  }
}
