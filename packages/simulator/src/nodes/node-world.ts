import type { Outgoing } from '@raft/core/protocol';
import type { Oracle } from '../invariants/oracle.ts';
import type { Stats } from '../trace/stats.ts';
import type { Trace } from '../trace/trace.ts';
import type { EventQueue } from '../world/event-queue.ts';
import type { CrashPoint, Plan } from '../world/plan.ts';
import type { Random } from '../world/random.ts';

/** What a node needs of the world around it. */
export interface NodeWorld {
  readonly queue: EventQueue;
  readonly plan: Plan;
  readonly oracle: Oracle;
  readonly stats: Stats;
  readonly trace: Trace;
  randomOf(concern: string): Random;
  /** A process passes here. True: it has just ended. */
  crashPoint(node: number, point: CrashPoint): boolean;
}

/** And of the network, where it is driven as a protocol alone. */
export interface ProtocolWorld extends NodeWorld {
  send(outgoing: Outgoing): void;
  /** Its identity has changed: handshakes are made anew. */
  reconnect(): void;
}
