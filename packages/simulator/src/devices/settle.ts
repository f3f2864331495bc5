import { systemClock } from '@raft/core';

/**
 * Resolves once every microtask has drained: a turn of the event loop begins only then. A world calls it behind each of its events; so whatever
 * a promise brings about happens in the moment of the event that resolved it, and nothing else decides on the order. No time is read.
 */
export function settle(): Promise<void> {
  return new Promise((resolve) => systemClock.defer(resolve));
}
