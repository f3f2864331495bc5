import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { Identity } from '@raft/core';
import { FrameDecoder } from '@raft/core/connections';
import { type DecodedFrame, decodeFrame, encodeHandshake, type Handshake, spokenVersions } from '@raft/wire';
import { type ClientOptions, WebSocket, WebSocketServer } from 'ws';

/** The handshake frame of an identity, with any part of it replaced. */
export function hello(identity: Identity, changes: Partial<Handshake> = {}): Uint8Array {
  return encodeHandshake({ ...identity, ...spokenVersions, ...changes });
}

/** The other end of a connection, at the level of WebSocket messages. */
export class RawPeer {
  readonly socket: WebSocket;
  /** Lengths of the messages that came. */
  readonly lengths: number[] = [];
  readonly frames: DecodedFrame[] = [];
  closeCode: number | undefined;

  constructor(socket: WebSocket) {
    this.socket = socket;
    const decoder = new FrameDecoder();
    socket.on('message', (chunk: Buffer<ArrayBuffer>) => {
      this.lengths.push(chunk.length);
      decoder.push(chunk);
      for (let frame = decoder.next(); frame; frame = decoder.next()) this.frames.push(decodeFrame(frame));
    });
    socket.on('error', () => undefined);
    socket.on('close', (code) => {
      this.closeCode = code;
    });
  }

  static async dial(address: string, options: ClientOptions = {}): Promise<RawPeer> {
    const socket = new WebSocket(address, { perMessageDeflate: false, ...options });
    const peer = new RawPeer(socket);
    await once(socket, 'open');
    return peer;
  }

  get isClosed(): boolean {
    return this.closeCode !== undefined;
  }

  get messages(): number {
    return this.frames.filter((frame) => frame.kind === 'message').length;
  }
}

export interface RawServer {
  readonly address: string;
  readonly peers: readonly RawPeer[];
  close(): Promise<void>;
}

/** Listens at a free port, and lets `onPeer` speak first. */
export async function rawServer(onPeer: (peer: RawPeer) => void): Promise<RawServer> {
  const peers: RawPeer[] = [];
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  server.on('connection', (socket) => {
    const peer = new RawPeer(socket);
    peers.push(peer);
    onPeer(peer);
  });
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const close = (): Promise<void> => {
    for (const { socket } of peers) socket.terminate();
    return new Promise((resolve) => server.close(() => resolve()));
  };
  return { address: `ws://127.0.0.1:${port}/raft`, peers, close };
}

/** Listens, and does what a node with this identity does until a connection stands; then it is up to the test. */
export function rawNode(identity: Identity): Promise<RawServer> {
  return rawServer(({ socket }) => {
    socket.send(hello(identity));
    socket.once('message', () => socket.send(hello(identity)));
  });
}
