import type { NodeId } from '@raft/wire';
import type { EventLog } from '../events.ts';

/** Ends that are remembered: anybody may connect, so this has a limit. */
const maxRemembered = 1024;

/** Tells why connections didn't come about: each reason once per peer, until the reason changes or a connection stood. */
export class Refusals {
  readonly #log: EventLog | undefined;
  readonly #told = new Map<string, string>();

  constructor(log: EventLog | undefined) {
    this.#log = log;
  }

  /** `source` tells the ends apart: an id, or a host as long as no handshake has told the id. */
  tell(refusal: { readonly source: string; readonly id?: NodeId; readonly reason: string }): void {
    const { source, id, reason } = refusal;
    if (this.#told.get(source) === reason) return;
    if (this.#told.size >= maxRemembered) this.#told.clear();
    this.#told.set(source, reason);
    this.#log?.(id === undefined ? { type: 'connectionRefused', reason } : { type: 'connectionRefused', id, reason });
  }

  forget(source: string): void {
    this.#told.delete(source);
  }
}
