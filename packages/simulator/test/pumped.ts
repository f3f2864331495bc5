import { settle } from '../src/devices/settle.ts';
import { EventQueue } from '../src/world/event-queue.ts';

/** Virtual time that goes on by itself, as long as something is to happen: for suites that know no virtual time. */
export class PumpedQueue extends EventQueue {
  #pumping = false;

  override after(delay: number, run: () => void): void {
    super.after(delay, run);
    if (this.#pumping) return;
    this.#pumping = true;
    void this.#pump();
  }

  async #pump(): Promise<void> {
    do await settle();
    while (this.runNext(this.now + 1_000_000));
    this.#pumping = false;
  }
}
