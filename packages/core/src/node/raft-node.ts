import { type Bytes, type NodeId, RaftError, type SnapshotMeta } from '@raft/wire';
import type { AbortSignalLike } from '../abort-signal.ts';
import type { Clock } from '../clock.ts';
import { type Config, type ConfigInput, parseConfig } from '../config.ts';
import type { EventLog } from '../events.ts';
import type { StateMachine } from '../state-machine.ts';
import type { NodeStatus } from '../status.ts';
import type { Storage } from '../storage.ts';
import { systemClock } from '../system-clock.ts';
import type { PeerAddress, Transport } from '../transport.ts';
import { restoreCurrent } from './applier.ts';
import { Driver } from './driver.ts';
import { checkOptions, checkOwner } from './options.ts';
import type { ProposeOutcome, ReadOutcome } from './outcomes.ts';

/** What a node is made of. */
export interface RaftNodeOptions<Result, Query, Answer> {
  readonly id: NodeId;
  /** Not opened yet; owned by the node from here on, closed with it. */
  readonly storage: Storage;
  /** Not started yet; owned by the node from here on, closed with it. */
  readonly transport: Transport;
  readonly stateMachine: StateMachine<Result, Query, Answer>;
  /** Nodes known at start. Their addresses win over those in the configuration. */
  readonly peers: readonly PeerAddress[];
  /** Form a cluster of exactly the nodes in `peers`, this one among them, if this node is blank. On a formed storage it does nothing, so it may always be given. */
  readonly bootstrap?: { readonly clusterName: string };
  readonly config?: ConfigInput;
  readonly clock?: Clock;
  readonly log?: EventLog;
}

export interface RequestOptions {
  /** Ends the wait; a proposal that was made may still commit. */
  readonly signal?: AbortSignalLike;
}

/** A member of a cluster: the protocol, with a storage, a transport and a state machine of yours. */
export class RaftNode<Result, Query, Answer> implements AsyncDisposable {
  readonly #options: RaftNodeOptions<Result, Query, Answer>;
  readonly #config: Config;
  readonly #driver: Driver<Result, Query, Answer>;

  private constructor(options: RaftNodeOptions<Result, Query, Answer>, config: Config, driver: Driver<Result, Query, Answer>) {
    this.#options = options;
    this.#config = config;
    this.#driver = driver;
  }

  /**
   * Opens the storage, restores the state machine, starts the transport. Rejects as these do, and with `invalidArgument`
   * for options that are wrong, `identityMismatch` when the storage is another node's; then storage and transport are closed
   * again.
   */
  static async start<Result, Query, Answer>(options: RaftNodeOptions<Result, Query, Answer>): Promise<RaftNode<Result, Query, Answer>> {
    const { storage, transport, stateMachine, clock = systemClock } = options;
    let driver: Driver<Result, Query, Answer> | undefined;
    try {
      checkOptions(options);
      const config = parseConfig(options.config);
      const state = await storage.open();
      checkOwner(options.id, state);
      if (state.snapshot) await restoreCurrent({ storage, stateMachine, chunkBytes: config.snapshotChunkBytes });
      driver = new Driver({ ...options, clock, config, state });
      await driver.start();
      return new RaftNode(options, config, driver);
    } catch (error) {
      await (driver ? driver.close() : Promise.allSettled([transport.close(), storage.close()])).catch(() => undefined);
      throw error;
    }
  }

  /**
   * Asks for a command to be replicated and applied, from any node: a follower forwards it to the leader. Resolves, never
   * rejects, once its fate is known or can't be waited for any longer.
   *
   * The bytes are not copied: leave them unchanged until the promise is settled. Throws `invalidArgument` at once if they
   * are no Uint8Array.
   */
  propose(data: Bytes, options?: RequestOptions): Promise<ProposeOutcome<Result>> {
    if (!(data instanceof Uint8Array)) throw new RaftError('invalidArgument', `propose takes a Uint8Array, not ${describeType(data)}`);
    const { refusal, proposals } = this.#driver;
    const signal = options?.signal;
    if (refusal) return Promise.resolve({ outcome: 'rejected', code: refusal });
    if (signal?.aborted) return Promise.resolve({ outcome: 'rejected', code: 'aborted' });
    if (data.length > this.#config.maxProposalBytes) return Promise.resolve({ outcome: 'rejected', code: 'tooLarge' });
    if (this.#isFull()) return Promise.resolve({ outcome: 'rejected', code: 'overloaded' });
    return proposals.open(data, signal);
  }

  /**
   * Asks the state machine here. Linearizable (thesis §6.4) unless asked to be local: then whatever this node has applied.
   * Rejects only with what the machine's `query` throws; throws `invalidArgument` at once if it has none.
   */
  read(query: Query, options?: RequestOptions & { readonly consistency?: 'linearizable' | 'local' }): Promise<ReadOutcome<Answer>> {
    const { consistency = 'linearizable', signal } = options ?? {};
    if (!this.#options.stateMachine.query) throw new RaftError('invalidArgument', 'this state machine has no query');
    if (consistency !== 'linearizable' && consistency !== 'local') {
      throw new RaftError('invalidArgument', `consistency is linearizable or local, not ${JSON.stringify(consistency)}`);
    }
    const { refusal } = this.#driver;
    if (refusal) return Promise.resolve({ outcome: 'rejected', code: refusal });
    if (signal?.aborted) return Promise.resolve({ outcome: 'rejected', code: 'aborted' });
    if (this.#isFull()) return Promise.resolve({ outcome: 'rejected', code: 'overloaded' });
    return this.#driver.read(query, signal, consistency);
  }

  /** Resolves true once a leader is known here, false when aborted, closed or stopped. */
  waitForLeader(options?: RequestOptions): Promise<boolean> {
    return this.#driver.waitForLeader(options?.signal);
  }

  /**
   * Takes a snapshot of what is applied now and lets the log be cut; undefined when there is nothing new. Resolves when it
   * is durable and current. Rejects with `stateMachineFailed` when the machine can't make it, with the storage's code (`noSpace`)
   * when it can't be kept, `closed` or `stopped`.
   */
  takeSnapshot(): Promise<SnapshotMeta | undefined> {
    return this.#driver.snapshots.take();
  }

  status(): NodeStatus {
    return this.#driver.status();
  }

  /**
   * Settles every open request, waits for the work under way, and closes transport and storage: then no timer, socket or
   * lock is left. Idempotent. Rejects if one of the two does.
   */
  close(): Promise<void> {
    return this.#driver.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #isFull(): boolean {
    return this.#driver.openRequests >= this.#config.maxPendingRequests;
  }
}

function describeType(value: unknown): string {
  return value === null ? 'null' : typeof value;
}
