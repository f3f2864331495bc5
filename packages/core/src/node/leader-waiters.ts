import type { AbortSignalLike } from '../abort-signal.ts';
import { onAbort } from './abort.ts';

/** Who waits for a leader to be known. */
export class LeaderWaiters {
  readonly #settlers = new Set<(isKnown: boolean) => void>();

  wait(signal: AbortSignalLike | undefined): Promise<boolean> {
    if (signal?.aborted) return Promise.resolve(false);
    return new Promise((resolve) => {
      const settle = (isKnown: boolean): void => {
        this.#settlers.delete(settle);
        detach?.();
        resolve(isKnown);
      };
      const detach = onAbort(signal, () => settle(false));
      this.#settlers.add(settle);
    });
  }

  settle(isKnown: boolean): void {
    for (const settle of [...this.#settlers]) settle(isKnown);
  }
}
