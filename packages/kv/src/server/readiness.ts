import type { KvNode } from './requests.ts';
import { pause } from './requests.ts';

const longestPauseMs = 1000;

/**
 * Whether a node has applied up to the commit index learnt at start. That index is what the leader answers to a first
 * read; once that read was served, everything up to it is applied here.
 */
export interface Readiness {
  readonly caughtUp: boolean;
  close(): void;
}

/** Reads in the background until one read was served. */
export function watchReadiness(node: Pick<KvNode, 'read' | 'waitForLeader'>): Readiness {
  const closing = new AbortController();
  const { signal } = closing;
  let caughtUp = false;
  const watch = async (): Promise<void> => {
    for (let pauseMs = 10; !signal.aborted; pauseMs = Math.min(2 * pauseMs, longestPauseMs)) {
      if (await node.waitForLeader({ signal })) {
        const outcome = await node.read({ key: '' }, { signal, consistency: 'linearizable' });
        caughtUp = outcome.outcome === 'served';
        if (caughtUp) return;
      }
      await pause(pauseMs, signal);
    }
  };
  void watch();
  return {
    get caughtUp() {
      return caughtUp;
    },
    close: () => closing.abort(),
  };
}
