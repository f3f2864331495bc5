import type { Clock, EventLog, Transport } from '@raft/core';
import { type Channel, type ConnectionLimitOptions, connectionTransport } from '@raft/core/connections';
import { parseAddress } from './address.ts';
import { WebSocketChannel, type WebSocketLike } from './web-socket-channel.ts';

/** Options of {@link wsTransport}; all have defaults. */
export interface WsTransportOptions extends Omit<ConnectionLimitOptions, 'maxConnections'> {
  readonly log?: EventLog;
  /** Default: the system's. */
  readonly clock?: Clock;
}

/** A transport over WebSocket that dials and doesn't listen. */
export interface WsTransport extends Transport {
  readonly schemes: readonly string[];
}

/**
 * Makes a transport that dials `ws:` and `wss:` addresses with the platform's own WebSocket, in browsers and in Node. Nothing is opened before
 * `start`.
 *
 * @throws RaftError `invalidArgument` for a bad limit.
 */
export function wsTransport(options: WsTransportOptions = {}): WsTransport {
  return connectionTransport({
    ...options,
    carrier: {
      schemes: ['ws', 'wss'],
      dialler: (address) => {
        const { href } = parseAddress(address);
        return () => dial(href);
      },
    },
  });
}

const couldNotConnect =
  'could not connect, and the platform does not say why: perhaps nobody listens there, or turns this origin away, or the page may not connect there';

function dial(url: string): Channel {
  let socket: WebSocket;
  try {
    socket = new WebSocket(url);
  } catch (error) {
    // For example a page that came by https and may only dial wss.
    return failedChannel(url, error instanceof Error ? error.message : String(error));
  }
  socket.binaryType = 'arraybuffer';
  const channel = new WebSocketChannel({ socket, source: url, isOpen: false });
  let isOpen = false;
  socket.onopen = () => {
    isOpen = true;
    channel.opened();
  };
  socket.onmessage = ({ data }) => channel.received(data instanceof ArrayBuffer ? new Uint8Array(data) : undefined);
  socket.onclose = ({ wasClean }) => {
    if (isOpen) channel.closed({ isClean: wasClean });
    else channel.failed(couldNotConnect);
  };
  return channel;
}

/** A channel that never came about, and says so in a turn of its own. */
function failedChannel(source: string, reason: string): Channel {
  const socket: WebSocketLike = { bufferedAmount: 0, send: () => undefined, close: () => undefined };
  const channel = new WebSocketChannel({ socket, source, isOpen: false });
  void Promise.resolve().then(() => channel.failed(reason));
  return channel;
}
