import type { Clock, ConfigInput, PeerAddress, WriteBatch } from '@raft/core';
import type { Oracle } from '../invariants/oracle.ts';
import type { EventQueue } from '../world/event-queue.ts';
import type { CrashPoint } from '../world/plan.ts';
import type { Random } from '../world/random.ts';
import type { SimulatedMachine } from './kv-state-machine.ts';
import type { NodeTransport } from './node-transport.ts';
import type { ProcessLife } from './process-life.ts';
import type { StorageDevice } from './storage-device.ts';

/** What a process with a whole node in it needs of the world around it. */
export interface RaftNodeHost {
  readonly queue: EventQueue;
  readonly oracle: Oracle;
  /** A line of the trace. */
  readonly note: (node: number, kind: string, text: () => string) => void;
  readonly randomOf: (concern: string) => Random;
  /** The process passes this point: true if it has ended there, by {@link SimulatedNode.crash}. */
  readonly crashPoint: (node: number, point: CrashPoint) => boolean;
  /**
   * An invariant is broken, or something was thrown that must not be. A node catches what is thrown into it, so a violation comes this way;
   * the world ends the history once it has drained.
   */
  readonly failed: (error: unknown) => void;
}

export interface RaftNodeProcessOptions {
  readonly host: RaftNodeHost;
  readonly index: number;
  readonly config: ConfigInput;
  /** All nodes, this one among them. */
  readonly peers: readonly PeerAddress[];
  readonly bootstrap: boolean;
  readonly storageId: string;
  /** What its disk holds from the beginning. */
  readonly preformed?: WriteBatch;
  /** A new, empty disk. */
  readonly makeDevice: (storageId: string) => StorageDevice;
  readonly makeTransport: (life: ProcessLife, clock: Clock) => NodeTransport;
  /** The machine of one life; {@link KvStateMachine} by default. */
  readonly makeMachine?: () => SimulatedMachine<unknown, unknown, unknown>;
  /** Seconds that its clock counts per second. */
  readonly clockRate: number;
  /** How long a turn of the event loop waits for more to do, at most, in microseconds. */
  readonly turnDelay: number;
  /** How long applying one command takes now and then, in microseconds; 0: never. */
  readonly applyDelay: number;
}
