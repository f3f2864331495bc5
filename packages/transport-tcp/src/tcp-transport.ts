import { connect } from 'node:net';
import type { Clock, EventLog } from '@raft/core';
import { type ConnectionLimitOptions, type ConnectionTransport, connectionTransport } from '@raft/core/connections';
import { parseAddress } from './address.ts';
import { listen } from './listener.ts';
import { SocketChannel } from './socket-channel.ts';

/** Options of {@link tcpTransport}; all have defaults. */
export interface TcpTransportOptions extends ConnectionLimitOptions {
  /** Where to listen, for example `tcp://127.0.0.1:9081`; port 0 takes a free one. Without it this node only dials. */
  readonly listen?: string;
  readonly log?: EventLog;
  /** Default: the system's. */
  readonly clock?: Clock;
}

/** A transport over TCP. */
export type TcpTransport = ConnectionTransport;

/**
 * Makes a transport over TCP. Nothing is opened before `start`.
 *
 * @throws RaftError `invalidArgument` for a bad address or limit.
 */
export function tcpTransport({ listen: address, ...options }: TcpTransportOptions = {}): TcpTransport {
  const target = address === undefined ? undefined : parseAddress(address);
  return connectionTransport({
    ...options,
    carrier: {
      schemes: ['tcp'],
      dialler: (address) => {
        const target = parseAddress(address);
        return () => new SocketChannel(connect({ ...target, noDelay: true, allowHalfOpen: true }));
      },
      ...(target && { listen: (how) => listen(target, how) }),
    },
  });
}
