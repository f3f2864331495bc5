import { connect, createServer, type Server, type Socket } from 'node:net';
import type { Identity } from '@raft/core';
import { type DecodedFrame, decodeFrame, encodeHandshake, type Handshake, spokenVersions } from '@raft/wire';
import { FrameDecoder } from '../src/framing.ts';

/** The handshake frame of an identity, with any part of it replaced. */
export function hello(identity: Identity, changes: Partial<Handshake> = {}): Uint8Array {
  return encodeHandshake({ ...identity, ...spokenVersions, ...changes });
}

/** The other end of a connection, at the level of bytes. */
export class RawPeer {
  readonly socket: Socket;
  readonly frames: DecodedFrame[] = [];
  isClosed = false;

  constructor(socket: Socket) {
    this.socket = socket;
    const decoder = new FrameDecoder();
    socket.on('data', (chunk: Buffer<ArrayBuffer>) => {
      decoder.push(chunk);
      for (let frame = decoder.next(); frame; frame = decoder.next()) this.frames.push(decodeFrame(frame));
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.isClosed = true;
    });
  }

  static async dial(port: number): Promise<RawPeer> {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('error', reject);
    });
    return new RawPeer(socket);
  }

  get messages(): number {
    return this.frames.filter((frame) => frame.kind === 'message').length;
  }
}

/** Listens at a free port; `onSocket` gets whatever comes. */
export async function rawServer(
  onSocket: (socket: Socket) => void,
  port = 0,
): Promise<{ readonly address: string; readonly server: Server; close(): Promise<void> }> {
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true, allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
    onSocket(socket);
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const bound = server.address();
  if (bound === null || typeof bound === 'string') throw new Error('no port');
  const close = (): Promise<void> => {
    for (const socket of sockets) socket.destroy();
    return new Promise((resolve) => server.close(() => resolve()));
  };
  return { address: `tcp://127.0.0.1:${bound.port}`, server, close };
}
