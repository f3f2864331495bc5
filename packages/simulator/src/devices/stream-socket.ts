import type { Channel, ChannelOwner } from '@raft/core/connections';
import type { Bytes } from '@raft/wire';
import type { ProcessLife } from '../nodes/process-life.ts';

/** What goes from one end of a stream to the other, in order. */
export type StreamItem = Bytes | 'end' | 'reset';

/** How a socket sends; everything in it happens below the process. */
export interface StreamWire {
  carry(from: StreamSocket, item: StreamItem): void;
  /** How many bytes go together: a stream is cut anywhere. */
  pieceBytes(from: StreamSocket): number;
  /** It has closed without a word. */
  gone(socket: StreamSocket): void;
}

/** One end of a stream of bytes: what the system keeps for a process, and the channel that the process has of it. */
export class StreamSocket implements Channel {
  readonly source: string;
  readonly machine: number;
  /** The other end's; known from the dialling on. */
  readonly remote: number;
  /** Bytes that may be under way to the other process. */
  readonly window: number;
  peer: StreamSocket | undefined;
  /** Nothing under way to the other end that is behind this: first in, first out. */
  lastArrival = 0;
  /** What waits for the link to pass anything again. */
  stuck: StreamItem[] = [];
  /** What is still under way from here is lost. */
  isAborted = false;
  readonly #life: ProcessLife;
  readonly #wire: StreamWire;
  #owner: ChannelOwner | undefined;
  #state: 'connecting' | 'open' | 'closed' = 'connecting';
  #queue: Bytes[] = [];
  #queuedBytes = 0;
  #inflight = 0;
  #isEnding = false;
  #isEndSent = false;
  #isPeerEnded = false;
  #closesSoon = false;

  constructor(parts: {
    readonly machine: number;
    readonly remote: number;
    readonly life: ProcessLife;
    readonly wire: StreamWire;
    readonly window: number;
  }) {
    this.machine = parts.machine;
    this.remote = parts.remote;
    this.source = `machine ${parts.remote}`;
    this.window = parts.window;
    this.#life = parts.life;
    this.#wire = parts.wire;
  }

  get isConnecting(): boolean {
    return this.#state === 'connecting';
  }

  /** Nobody is there any more: who writes to it is told so. */
  get isClosed(): boolean {
    return this.#state === 'closed';
  }

  get queuedBytes(): number {
    return this.#queuedBytes;
  }

  open(owner: ChannelOwner): void {
    this.#owner = owner;
  }

  /** The two ends have found each other. */
  connect(peer: StreamSocket): void {
    this.peer = peer;
    this.#state = 'open';
    this.#pump();
  }

  write(bytes: Bytes): void {
    if (this.#state === 'closed' || this.#isEnding || bytes.length === 0) return;
    this.#queue.push(bytes);
    this.#queuedBytes += bytes.length;
    this.#pump();
  }

  end(): void {
    if (this.#state === 'closed') return;
    this.#isEnding = true;
    this.#pump();
  }

  closeSoon(): void {
    if (this.#state === 'connecting') {
      this.destroy();
      return;
    }
    this.#closesSoon = true;
    this.end();
  }

  destroy(): void {
    if (this.#state === 'closed') return;
    this.#wire.gone(this);
    this.#close();
  }

  /** The system gives the connection up, for this reason. */
  fail(reason: string): void {
    if (this.#state !== 'closed') this.#close(reason);
  }

  /** The process has ended: nobody is told. */
  vanish(): void {
    this.#state = 'closed';
    this.#queue = [];
    this.#queuedBytes = 0;
  }

  /** Something has come from the other end: the process reads it as soon as it runs. */
  arrive(item: StreamItem, from: StreamSocket): void {
    if (item === 'reset') {
      this.fail('the connection was reset by the other end');
      return;
    }
    this.#life.run(() => {
      if (item !== 'end') from.#read(item.length);
      if (this.#state === 'closed') return;
      if (item !== 'end') this.#owner?.received(item);
      else this.#endedByPeer();
    });
  }

  #endedByPeer(): void {
    this.#isPeerEnded = true;
    this.#owner?.ended();
    if (this.#isEndSent) this.#close();
  }

  /** The other process has read so much. */
  #read(length: number): void {
    this.#inflight -= length;
    this.#pump();
  }

  #pump(): void {
    if (this.#state !== 'open') return;
    while (this.#queue.length > 0 && this.#inflight < this.window) {
      const piece = this.#take(Math.min(this.window - this.#inflight, this.#wire.pieceBytes(this)));
      this.#inflight += piece.length;
      this.#wire.carry(this, piece);
    }
    if (this.#queue.length > 0 || !this.#isEnding || this.#isEndSent) return;
    this.#isEndSent = true;
    this.#wire.carry(this, 'end');
    if (this.#closesSoon || this.#isPeerEnded) this.#close();
  }

  #take(most: number): Bytes {
    const [first = new Uint8Array()] = this.#queue;
    const piece = first.subarray(0, most);
    if (piece.length === first.length) this.#queue.shift();
    else this.#queue[0] = first.subarray(most);
    this.#queuedBytes -= piece.length;
    return piece;
  }

  #close(reason?: string): void {
    this.vanish();
    this.#life.later(0, () => this.#owner?.closed(reason));
  }
}
