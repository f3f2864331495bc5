import type { Clock, EventLog } from '@raft/core';
import { type ConnectionLimitOptions, connectionTransport } from '@raft/core/connections';
import type { NodeTransport } from '../nodes/node-transport.ts';
import type { ProcessLife } from '../nodes/process-life.ts';
import type { StreamNetwork } from './streams.ts';

export interface StreamTransportOptions extends ConnectionLimitOptions {
  readonly network: StreamNetwork;
  readonly machine: number;
  readonly life: ProcessLife;
  readonly clock: Clock;
  readonly log?: EventLog;
}

/** The transport of a process on a machine: the real one over connections, with its framing and handshakes. */
export function streamTransport({ network, machine, life, ...options }: StreamTransportOptions): NodeTransport {
  return { transport: connectionTransport({ ...options, carrier: network.carrier(machine, life) }), deliver: () => undefined };
}

/** The limits that the defaults are for an election time-out of a second, for another one (in milliseconds). */
export function limitsFor(electionTimeoutMs: number): ConnectionLimitOptions {
  return {
    reconnectMinMs: electionTimeoutMs / 20,
    reconnectMaxMs: electionTimeoutMs,
    handshakeTimeoutMs: electionTimeoutMs * 5,
    signOfLifeMs: electionTimeoutMs,
  };
}
