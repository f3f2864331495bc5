import type { Socket } from 'node:net';
import type { Channel, ChannelOwner } from '@raft/core/connections';
import type { Bytes } from '@raft/wire';

/** A socket that may be half open. */
export class SocketChannel implements Channel {
  readonly source: string;
  readonly #socket: Socket;

  constructor(socket: Socket) {
    this.#socket = socket;
    this.source = socket.remoteAddress ?? 'a client that has gone';
  }

  get queuedBytes(): number {
    return this.#socket.writableLength;
  }

  open(owner: ChannelOwner): void {
    let error: Error | undefined;
    this.#socket.on('data', (chunk: Buffer<ArrayBuffer>) => owner.received(chunk));
    this.#socket.on('end', () => owner.ended());
    this.#socket.on('error', (reason) => {
      error = reason;
    });
    this.#socket.on('close', () => owner.closed(error && describe(error)));
  }

  write(bytes: Bytes): void {
    if (this.#socket.writable) this.#socket.write(bytes);
  }

  end(): void {
    this.#socket.end();
  }

  closeSoon(): void {
    this.#socket.destroySoon();
  }

  destroy(): void {
    this.#socket.destroy();
  }
}

/** A name that stands for several addresses fails with an error that has a code but no message of its own. */
function describe(error: Error): string {
  return error.message || ('code' in error ? String(error.code) : error.name);
}
