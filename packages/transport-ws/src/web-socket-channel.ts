import type { Channel, ChannelOwner } from '@raft/core/connections';
import type { Bytes } from '@raft/wire';

/**
 * No message is longer, whatever a turn sends: so a receiver may refuse longer ones, and nobody makes it hold more before it has
 * looked at the first byte. Both ends must agree on it.
 */
export const maxMessageBytes = 64 * 1024;

/** What a browser's WebSocket, Node's own and that of the package `ws` have in common. */
export interface WebSocketLike {
  readonly bufferedAmount: number;
  send(bytes: Bytes): void;
  close(code: number): void;
  /** Closes without a farewell; only that of `ws` can. */
  readonly terminate?: () => void;
}

const nothing: Bytes = new Uint8Array();
const normalClosure = 1000;

/**
 * A WebSocket as a stream of bytes: messages are cut and joined as is convenient, and an empty one means "no more from me". It has no such
 * thing itself: after `close()` a browser throws away whatever still comes. Once both ends have said it the WebSocket is closed.
 *
 * Whoever makes it tells it what happens to its WebSocket, by the methods that are named in the past tense.
 */
export class WebSocketChannel implements Channel {
  readonly source: string;
  readonly #socket: WebSocketLike;
  #owner: ChannelOwner | undefined;
  /** Messages may be sent. */
  #isOpen: boolean;
  #weEnded = false;
  #theyEnded = false;
  #isDestroyed = false;
  #isClosed = false;

  constructor(options: { readonly socket: WebSocketLike; readonly source: string; readonly isOpen: boolean }) {
    this.#socket = options.socket;
    this.source = options.source;
    this.#isOpen = options.isOpen;
  }

  get queuedBytes(): number {
    return this.#socket.bufferedAmount;
  }

  open(owner: ChannelOwner): void {
    this.#owner = owner;
  }

  write(bytes: Bytes): void {
    if (!this.#isOpen || this.#weEnded) return;
    if (bytes.length <= maxMessageBytes) {
      this.#socket.send(bytes);
      return;
    }
    for (let from = 0; from < bytes.length; from += maxMessageBytes) this.#socket.send(bytes.subarray(from, from + maxMessageBytes));
  }

  end(): void {
    if (this.#weEnded) return;
    this.#weEnded = true;
    if (this.#isOpen) this.#sayEnd();
  }

  closeSoon(): void {
    this.#socket.close(normalClosure);
  }

  destroy(): void {
    if (this.#isDestroyed || this.#isClosed) return;
    this.#isDestroyed = true;
    this.#isOpen = false;
    if (this.#socket.terminate) {
      this.#socket.terminate();
      return;
    }
    this.#socket.close(normalClosure);
    // It would wait for the other end, which may be gone. What it says from now on is nobody's.
    void Promise.resolve().then(() => this.closed());
  }

  opened(): void {
    if (this.#isDestroyed) return;
    this.#isOpen = true;
    if (this.#weEnded) this.#sayEnd();
  }

  /** A message came; undefined for one of text. */
  received(bytes: Bytes | undefined): void {
    if (this.#isDestroyed) return;
    if (bytes === undefined) this.#owner?.broken('a message of text came where frames are bytes');
    else if (this.#theyEnded) this.#owner?.broken('a message came after the last one');
    else if (bytes.length > 0) this.#owner?.received(bytes);
    else this.#takeEnd();
  }

  /** The WebSocket can't go on; `closed` follows. */
  failed(reason: string): void {
    if (this.#isDestroyed) return;
    if (this.#isOpen) this.#owner?.broken(reason);
    else this.#tellClosed(reason);
  }

  /** Nothing is left of the WebSocket; `isClean`: because the other end closed it. */
  closed(options: { readonly isClean: boolean } = { isClean: true }): void {
    if (this.#isDestroyed) {
      this.#tellClosed(undefined);
      return;
    }
    const isOpen = this.#isOpen;
    this.#isOpen = false;
    // Who closes sends no more either.
    if (isOpen && options.isClean && !this.#theyEnded) this.#owner?.ended();
    this.#tellClosed(options.isClean ? undefined : 'the connection broke');
  }

  #sayEnd(): void {
    this.#socket.send(nothing);
    this.#closeIfBothEnded();
  }

  #takeEnd(): void {
    this.#theyEnded = true;
    this.#owner?.ended();
    this.#closeIfBothEnded();
  }

  #closeIfBothEnded(): void {
    if (this.#weEnded && this.#theyEnded) this.#socket.close(normalClosure);
  }

  #tellClosed(reason: string | undefined): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#owner?.closed(reason);
  }
}
