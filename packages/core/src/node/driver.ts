import { type NodeId, RaftError, type SnapshotMeta } from '@raft/wire';
import type { AbortSignalLike } from '../abort-signal.ts';
import type { Clock } from '../clock.ts';
import type { Config } from '../config.ts';
import type { EventLog, RaftEvent } from '../events.ts';
import { Raft } from '../protocol/raft.ts';
import type { Event, Ready, SoftState } from '../protocol/ready.ts';
import type { StateMachine } from '../state-machine.ts';
import type { NodeStatus } from '../status.ts';
import type { Storage, StorageState } from '../storage.ts';
import type { Identity, PeerAddress, Transport } from '../transport.ts';
import { Applier, type Position } from './applier.ts';
import { LeaderWaiters } from './leader-waiters.ts';
import { mergePeers } from './options.ts';
import type { ReadOutcome } from './outcomes.ts';
import { Proposals } from './proposals.ts';
import { Pump } from './pump.ts';
import { Reads } from './reads.ts';
import { Snapshots } from './snapshots.ts';
import { describe, Tasks } from './tasks.ts';
import { Transfers } from './transfers.ts';
import { Writes } from './writes.ts';

export interface DriverOptions<Result, Query, Answer> {
  readonly id: NodeId;
  readonly storage: Storage;
  readonly transport: Transport;
  readonly stateMachine: StateMachine<Result, Query, Answer>;
  readonly peers: readonly PeerAddress[];
  readonly bootstrap?: { readonly clusterName: string };
  readonly config: Config;
  readonly clock: Clock;
  readonly log?: EventLog;
  /** What the storage returned when it was opened; the state machine stands at its snapshot. */
  readonly state: StorageState;
}

/** Does what each {@link Ready} asks for, and tells the protocol what came of it. */
export class Driver<Result, Query, Answer> {
  readonly proposals: Proposals<Result>;
  readonly snapshots: Snapshots;
  readonly #options: DriverOptions<Result, Query, Answer>;
  readonly #raft: Raft;
  readonly #pump: Pump;
  readonly #tasks = new Tasks((error) => this.#fail(error));
  readonly #writes: Writes;
  readonly #applier: Applier<Result>;
  readonly #reads: Reads<Query, Answer>;
  readonly #transfers: Transfers;
  readonly #leaderWaiters = new LeaderWaiters();
  /** As it is durable here: what handshakes may say. */
  #identity: Identity;
  #leaderId: NodeId | null = null;
  /** What the transport was told to dial, and what was told of the forming: to tell each only when it changes. */
  #dialled = '';
  #forming = '';
  #failure: RaftError | undefined;
  #closing: Promise<void> | undefined;

  constructor(options: DriverOptions<Result, Query, Answer>) {
    const { id, state, config, clock, storage, transport } = options;
    const now = (): number => clock.now();
    const wake = (): void => this.#pump.wake();
    this.#options = options;
    this.#identity = { id, storageId: state.storageId, ...(state.clusterId === undefined ? {} : { clusterId: state.clusterId }) };
    this.#raft = new Raft({
      id,
      state,
      config,
      seed: Math.floor(clock.random() * 2 ** 32),
      now: now(),
      ...(options.bootstrap ? { bootstrap: { clusterName: options.bootstrap.clusterName, members: options.peers } } : {}),
    });
    this.#pump = new Pump({
      clock,
      raft: this.#raft,
      begin: (time) => this.#begin(time),
      takeProposals: () => this.proposals.takeBatch(),
      perform: (ready, time) => this.#perform(ready, time),
      deadline: () => Math.min(this.#writes.stallsAt, this.proposals.deadline, this.#reads.deadline),
      broken: (error) => this.#broken(error),
    });
    this.#writes = new Writes({
      storage,
      stallTimeoutMs: config.stallTimeoutMs,
      send: ({ to, message }) => transport.send(to, message),
      completed: wake,
      failed: (error) => this.#fail(error),
    });
    const position = positionOf(state.snapshot);
    this.proposals = new Proposals({ now, outcomeTimeoutMs: config.outcomeTimeoutMs, wake }, position.lastApplied);
    this.#reads = new Reads({ now, timeoutMs: config.outcomeTimeoutMs, query: (input) => this.#query(input) });
    this.#applier = this.#makeApplier(position);
    this.snapshots = this.#makeSnapshots(position.lastApplied);
    this.#transfers = new Transfers({ storage, tasks: this.#tasks, post: (event) => this.#pump.post(event), log: this.#log });
  }

  #makeApplier(position: Position): Applier<Result> {
    const { clock, storage, stateMachine, config } = this.#options;
    const options = {
      clock,
      storage,
      stateMachine,
      tasks: this.#tasks,
      sliceMs: config.applySliceMs,
      readBytes: config.maxAppendBytes,
      chunkBytes: config.snapshotChunkBytes,
      // Only entries that nobody proposed have no result, so nobody waits for one.
      applied: (index: number, term: number, result: Result | undefined) => this.proposals.applied(index, term, result as Result),
      restored: (meta: SnapshotMeta) => this.#restored(meta),
      progressed: (index: number) => this.#pump.post({ type: 'Applied', index }),
      quiet: () => this.#quiet(),
    };
    return new Applier(options, position);
  }

  #makeSnapshots(snapshotIndex: number): Snapshots {
    const { clock, storage, stateMachine, config } = this.#options;
    const options = {
      clock,
      storage,
      stateMachine,
      tasks: this.#tasks,
      everyEntries: config.snapshotEveryEntries,
      applier: this.#applier,
      post: (event: Event) => {
        // The protocol takes no snapshot of what it doesn't know to be applied.
        this.#applier.report();
        this.#pump.post(event);
      },
      log: this.#log,
    };
    return new Snapshots(options, snapshotIndex);
  }

  /** Starts the transport, and everything with it. */
  async start(): Promise<void> {
    const { transport } = this.#options;
    await transport.start({
      identity: () => this.#identity,
      receive: (from, message) => this.#pump.post({ type: 'Receive', from, message }),
      connected: (from) => this.#pump.post({ type: 'Connected', from }),
      disconnected: (from) => this.#pump.post({ type: 'Disconnected', from }),
    });
    this.#dial();
    this.#pump.wake();
  }

  /** Why requests are refused out of hand, if they are. */
  get refusal(): 'closed' | 'stopped' | undefined {
    if (this.#closing !== undefined) return 'closed';
    return this.#failure ? 'stopped' : undefined;
  }

  get openRequests(): number {
    return this.proposals.size + this.#reads.size;
  }

  read(query: Query, signal: AbortSignalLike | undefined, consistency: 'linearizable' | 'local'): Promise<ReadOutcome<Answer>> {
    return this.#reads.open(query, signal, (id) => {
      if (consistency === 'linearizable') {
        this.#pump.post({ type: 'Read', id });
        return;
      }
      this.#reads.serveFrom(id, 0);
      this.#serveReads();
      this.#pump.wake();
    });
  }

  waitForLeader(signal: AbortSignalLike | undefined): Promise<boolean> {
    if (this.refusal) return Promise.resolve(false);
    return this.#leaderId === null ? this.#leaderWaiters.wait(signal) : Promise.resolve(true);
  }

  status(): NodeStatus {
    const status = { ...this.#raft.status(), lastApplied: this.#applier.lastApplied };
    if (!this.#failure || status.role === 'stopped') return status;
    return { ...status, role: 'stopped', leaderId: null, reason: this.#failure.message };
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const { transport, storage } = this.#options;
    this.#pump.stop();
    this.#end('closed', new RaftError('closed', 'the node is closed'));
    try {
      await transport.close();
    } finally {
      await this.#writes.settled();
      await this.#tasks.settled();
      await storage.close();
    }
  }

  /** What came due since the last turn. */
  #begin(now: number): void {
    const ticket = this.#writes.takeDurable(now);
    if (ticket !== undefined) this.#pump.post({ type: 'Persisted', ticket });
    if (this.#writes.takeStalled(now)) {
      this.#pump.post({ type: 'Stalled' });
      this.#log({ type: 'stalled' });
    }
    this.proposals.expire(now);
    this.#reads.expire(now);
  }

  #perform(ready: Ready, now: number): void {
    const { transport } = this.#options;
    for (const { to, message } of ready.messages) transport.send(to, message);
    if (ready.write) this.#writes.hand(ready.write, now);
    for (const message of ready.messagesAfter) this.#writes.hold(message);
    if (ready.softState) this.#tellSoftState(ready.softState);
    for (const outcome of ready.outcomes) this.proposals.outcome(outcome);
    for (const outcome of ready.reads) this.#reads.outcome(outcome);
    this.#performSnapshots(ready);
    this.#performStorage(ready);
    this.#performIdentity(ready);
    if (ready.committed) this.#applier.commit(ready.committed);
    if (ready.reads.length > 0) this.#serveReads();
  }

  #performSnapshots({ write, restore, transfersEnded, readChunk, storeChunk }: Ready): void {
    if (this.snapshots.replacing(write?.snapshot) && write) this.#writes.after(write.ticket, () => this.snapshots.current());
    if (restore) {
      // Whatever is being snapshotted is older than what comes now.
      this.snapshots.replacedBy(restore.meta);
      this.#writes.after(restore.ticket, this.#applier.restore(restore.meta));
    }
    for (const ended of transfersEnded) this.#transfers.ended(ended);
    for (const request of readChunk) this.#transfers.read(request);
    if (storeChunk) this.#transfers.store(storeChunk);
  }

  #performStorage({ fetch, compactTo }: Ready): void {
    const { storage } = this.#options;
    for (const { to, from, through, maxBytes } of fetch) {
      this.#tasks.run(async () => {
        const entries = await storage.readEntries({ from, to: through, maxBytes });
        this.#pump.post({ type: 'Fetched', to, entries });
      });
    }
    if (compactTo !== undefined) {
      this.#writes.after(this.#writes.handed, () => this.#tasks.run(() => storage.compact(compactTo)));
    }
  }

  #performIdentity({ write, formed, restore }: Ready): void {
    if (formed) {
      const { clusterId, ticket } = formed;
      this.#writes.after(ticket, () => {
        this.#identity = { ...this.#identity, clusterId };
        this.#options.transport.identityChanged();
        this.#log({ type: 'formed', clusterId });
      });
    }
    // A configuration is in force from its append to its truncation; a snapshot brings one along.
    const mayDiffer = restore ?? write?.snapshot ?? write?.truncateFrom ?? write?.entries.find((entry) => entry.kind === 'configuration');
    if (mayDiffer !== undefined) this.#dial();
    if (this.#options.bootstrap && this.#identity.clusterId === undefined) this.#tellForming();
  }

  #dial(): void {
    const { id, peers, transport } = this.#options;
    const merged = mergePeers(id, peers, this.#raft.status().configuration);
    const key = JSON.stringify(merged);
    if (key === this.#dialled) return;
    this.#dialled = key;
    transport.setPeers(merged);
  }

  #tellForming(): void {
    const { forming } = this.#raft.status();
    const key = JSON.stringify(forming);
    if (key === this.#forming) return;
    this.#forming = key;
    if (forming) this.#log({ type: 'waitingToForm', missing: forming.missing, foreign: forming.foreign });
  }

  #tellSoftState({ role, term, leaderId }: SoftState): void {
    this.#leaderId = leaderId;
    this.#log({ type: 'roleChanged', role, term, leaderId });
    if (leaderId !== null) this.#leaderWaiters.settle(true);
    if (role === 'stopped') this.#fail(new RaftError('stopped', this.#raft.status().reason ?? 'the protocol stopped'));
  }

  #restored(meta: SnapshotMeta): void {
    this.proposals.restored(meta.lastIncludedIndex);
    this.#log({ type: 'snapshotRestored', meta });
  }

  #query(input: Query): Answer | Promise<Answer> {
    const { stateMachine } = this.#options;
    if (!stateMachine.query) throw new RaftError('invalidArgument', 'this state machine has no query');
    return stateMachine.query(input);
  }

  /** The state machine is between two commands. */
  #quiet(): void {
    this.#serveReads();
    this.snapshots.consider();
  }

  #serveReads(): void {
    if (!this.#applier.isBusy) this.#reads.serve(this.#applier.lastApplied);
  }

  /** Nothing that the protocol would say now may be believed. */
  #broken(error: unknown): void {
    this.#pump.stop();
    this.#fail(error);
  }

  /** Halts the node for good: what it holds open ends, and nothing more leaves it. The process goes on, and can ask why. */
  #fail(error: unknown): void {
    if (this.#failure || this.#closing !== undefined) return;
    const reason = describe(error);
    this.#failure = new RaftError('stopped', reason, { cause: error });
    this.#leaderId = null;
    this.#writes.fail(error);
    this.#end('stopped', this.#failure);
    this.#pump.post({ type: 'PersistFailed', reason });
    this.#log({ type: 'stopped', reason });
  }

  #end(code: 'closed' | 'stopped', error: RaftError): void {
    this.#applier.stop();
    this.proposals.end(code);
    this.#reads.end(code);
    this.snapshots.end(error);
    this.#transfers.end();
    this.#leaderWaiters.settle(false);
  }

  /** A log that throws is its owner's trouble, not the cluster's. */
  readonly #log = (event: RaftEvent): void => {
    try {
      this.#options.log?.(event);
    } catch {
      // Where would it be told?
    }
  };
}

function positionOf(snapshot: SnapshotMeta | undefined): Position {
  if (!snapshot) return { lastApplied: 0, lastAppliedTerm: 0, configuration: undefined, configurationIndex: 0 };
  const { lastIncludedIndex, lastIncludedTerm, configuration, configurationIndex } = snapshot;
  return { lastApplied: lastIncludedIndex, lastAppliedTerm: lastIncludedTerm, configuration, configurationIndex };
}
