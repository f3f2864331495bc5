import type { EventLog, Transport } from '@raft/core';
import type { NodeId } from '@raft/wire';

/** A transport and where others reach it. */
export interface TransportPlace {
  readonly transport: Transport;
  /** What others are told to dial. Asked for once the transport was started. */
  address(): string;
}

/** The world of one test: transports made by one fixture can reach each other, and no others. */
export interface TransportFixture {
  /** Makes a transport, not started. */
  create(options: {
    readonly id: NodeId;
    readonly log: EventLog;
    /** Listen here, where an earlier transport, closed by now, was reached. */
    readonly at?: string;
    /** Let no more than about 100 KiB or 100 messages wait for a peer. */
    readonly hasSmallQueue?: boolean;
  }): TransportPlace;
}
