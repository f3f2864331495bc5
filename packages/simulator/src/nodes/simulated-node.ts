import type { Config, Identity, ProtocolStatus } from '@raft/core';
import type { Event } from '@raft/core/protocol';
import type { Bytes } from '@raft/wire';
import type { ClientOutcome } from '../clients/operation.ts';
import type { DiskView } from './disk-view.ts';

/** What a client asks of a node. */
export type NodeRequest =
  | { readonly kind: 'command'; readonly id: number; readonly data: Bytes }
  | { readonly kind: 'read'; readonly id: number; readonly query: unknown };

/**
 * One node over all its lives, whatever runs inside: the protocol alone, or the whole `RaftNode`, over whatever disk. What the world
 * does to it, and what it sees of it.
 */
export interface SimulatedNode {
  readonly index: number;
  readonly id: string;
  readonly disk: DiskView;
  readonly up: boolean;
  /** Another number at each start, and never a smaller one. */
  readonly life: number;
  /** It halted for good in this life, since its disk failed, or is to be started anew for that. */
  readonly stopped: boolean;
  /** Never to be counted on again: its disk was wiped or is damaged, and its place in the configuration is lost. */
  readonly lost: boolean;
  readonly leads: boolean;
  readonly term: number;
  /** The last entry that its state machine has seen. */
  readonly appliedIndex: number;
  /** What its handshakes say. */
  identity(): Identity;
  /** Its clock, in milliseconds. */
  now(): number;
  status(): ProtocolStatus | undefined;
  /** With these options; the plan's by default. */
  start(config?: Config): void;
  /** The process ends. What it wrote and did not sync stays in the page cache. */
  crash(): void;
  /** While it is down: of what was not synced, no more than this share survives. */
  cutPower(surviving: number): void;
  /** While it is down: a new, empty disk. From now on it is lost. */
  wipe(storageId: string): void;
  pause(): void;
  resume(): void;
  /** From now on its timers fire at multiples of so many microseconds; 0: when they are due. */
  coarsenTimers(grain: number): void;
  jumpClock(microseconds: number): void;
  stallDisk(microseconds: number): void;
  failDisk(): void;
  /** While it is down: bits flip where a later record vouches for them. False: there is no such place on this kind of disk. */
  rotDisk(): boolean;
  takeSnapshot(): void;
  /** From now on its disk is quick and whole, and it passes no crash points. */
  calmDown(): void;
  /** A message or a change of a connection. */
  deliver(event: Event & { readonly type: 'Receive' | 'Connected' | 'Disconnected' }): void;
  /** Each is settled once, in an event of its own; never when the process ends before: whoever asked finds that out. */
  submit(requests: readonly NodeRequest[], settled: (id: number, outcome: ClientOutcome) => void): void;
}
