import type { Channel } from '@raft/core/connections';
import type { Bytes } from '@raft/wire';
import { WebSocket } from 'ws';
import { maxMessageBytes, WebSocketChannel } from './web-socket-channel.ts';

const abnormalClosure = 1006;

/** How a WebSocket of the package `ws` is made, at either end. */
export const webSocketOptions = { perMessageDeflate: false, maxPayload: maxMessageBytes };

/** Dials. A host that doesn't answer keeps nothing alive once the channel is destroyed, which a platform's own WebSocket can't promise. */
export function dialFromNode(url: string): Channel {
  return channelOf(new WebSocket(url, webSocketOptions), url);
}

/** A channel over a WebSocket that was made in this turn. */
export function channelOf(socket: WebSocket, source: string): Channel {
  socket.binaryType = 'nodebuffer';
  const channel = new WebSocketChannel({ socket, source, isOpen: socket.readyState === WebSocket.OPEN });
  socket.on('open', () => channel.opened());
  // With this `binaryType` every message is one Buffer, a view of what the socket read if possible: the decoder copies it anyway.
  socket.on('message', (data, isBinary) => channel.received(isBinary ? (data as Buffer<ArrayBuffer> satisfies Bytes) : undefined));
  socket.on('error', (error) => channel.failed(describe(error)));
  socket.on('close', (code) => channel.closed({ isClean: code !== abnormalClosure }));
  return channel;
}

/** A name that stands for several addresses fails with an error that has a code but no message of its own. */
function describe(error: Error): string {
  return error.message || ('code' in error ? String(error.code) : error.name);
}
