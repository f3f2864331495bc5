import type { NodeId } from '@raft/wire';
import type { Config } from '../config.ts';
import type { ProtocolStatus } from '../status.ts';
import type { StorageState } from '../storage.ts';
import type { PeerAddress } from '../transport.ts';
import type { Event, Ready } from './ready.ts';

/** What a protocol instance starts from. */
export interface RaftOptions {
  readonly id: NodeId;
  /** What the storage returned when it was opened. */
  readonly state: StorageState;
  readonly config: Config;
  /** Seeds its generator: same seed, same events, same effects. Also marks this life's requests: draw it anew at each start. A whole number from 0 to 2^32 − 1. */
  readonly seed: number;
  readonly now: number;
  /** Given: form a cluster of exactly these members, this node among them, if this node is blank. */
  readonly bootstrap?: { readonly clusterName: string; readonly members: readonly PeerAddress[] };
}

/** The protocol. Skeleton. */
export class Raft {
  constructor(_options: RaftOptions) {
    throw new Error('not written');
  }
  /** Takes one event. `now` never goes back. */
  step(_event: Event, _now: number): void {
    throw new Error('not written');
  }
  /** What must be done now; call it after every step or batch of steps, and do all of it. */
  takeReady(): Ready {
    throw new Error('not written');
  }
  status(): ProtocolStatus {
    throw new Error('not written');
  }
}
