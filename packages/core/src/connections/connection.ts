import { type Bytes, decodeFrame, type Handshake, type Message, type NodeId, RaftError } from '@raft/wire';
import type { Clock, Timer } from '../clock.ts';
import type { Identity, RemoteIdentity } from '../transport.ts';
import type { Channel } from './channel.ts';
import { FrameBatch, FrameDecoder } from './framing.ts';
import { encodeHello, identityOf, isSameIdentity, maxHandshakeBytes } from './handshake.ts';

/** Told what happens on a connection. */
export interface ConnectionOwner {
  /** The other end's handshake: to be answered by `accept` or `refuse`, at once. */
  introduced(connection: Connection, handshake: Handshake): void;
  /** The end that was dialled has accepted too. Called once, only at the end that dialled. */
  confirmed(connection: Connection): void;
  received(connection: Connection, message: Message): void;
  /** Nothing more can be sent. Called once; `fault` says what a person should know about. */
  ended(connection: Connection, fault: string | undefined): void;
  /** Its channel is gone. Called once, last. */
  closed(connection: Connection): void;
}

export interface ConnectionOptions {
  readonly channel: Channel;
  readonly owner: ConnectionOwner;
  readonly clock: Clock;
  /** Who we are, on this connection. */
  readonly ours: Identity;
  /** Whom we dialled; undefined if the other end did. */
  readonly dialled?: { readonly id: NodeId; readonly address: string };
  /** How long a handshake, and how long a farewell, may take. */
  readonly patienceMs: number;
  /** How often `tick` is called. */
  readonly signOfLifeMs: number;
}

/** Ticks in a row without a byte after which the other end is taken for dead. */
const silentTicksAllowed = 5;
/** Intervals after which a sign of life is overdue. */
const overdueTicks = 2;

/**
 * One channel that carries frames. The end that was dialled says its handshake first, and the one that dialled answers only if it wants the
 * connection: so whoever has heard a handshake that it accepts knows that the other end finds no fault with it either. The end that was
 * dialled then says its handshake again: from this the other knows that the connection stands, and that it may give up a second one. If
 * the other's id is taken by another node, it says that node's handshake instead.
 */
export class Connection {
  readonly dialled: ConnectionOptions['dialled'];
  readonly ours: Identity;
  /** Where the other end is, for people: the address that was dialled, or the host that dialled. */
  readonly source: string;
  /** Set by `accept`. */
  remote: RemoteIdentity | undefined;
  openedAt = 0;
  /** Both ends know that this connection stands. */
  isConfirmed = false;
  readonly #channel: Channel;
  readonly #owner: ConnectionOwner;
  readonly #clock: Clock;
  readonly #patienceMs: number;
  readonly #overdueMs: number;
  readonly #hello: Bytes;
  readonly #decoder = new FrameDecoder({ maxFrameBytes: maxHandshakeBytes });
  readonly #batch = new FrameBatch();
  #isEnded = false;
  /** Whatever comes is thrown away. */
  #isDeaf = false;
  /** Ends a handshake that takes too long, and a farewell that does. */
  #patience: Timer | undefined;
  #hasSent = true;
  #sentAt = 0;
  #silentTicks = 0;

  constructor(options: ConnectionOptions) {
    this.dialled = options.dialled;
    this.ours = options.ours;
    this.source = options.dialled?.address ?? options.channel.source;
    this.#channel = options.channel;
    this.#owner = options.owner;
    this.#clock = options.clock;
    this.#hello = encodeHello(options.ours);
    this.#patienceMs = options.patienceMs;
    this.#overdueMs = options.signOfLifeMs * overdueTicks;
    this.#endWithin(options.patienceMs, `no handshake within ${options.patienceMs} ms`);
    this.#open();
    if (!this.dialled) this.#channel.write(this.#hello);
  }

  get isUsable(): boolean {
    return this.remote !== undefined && !this.#isEnded;
  }

  /** Bytes that were sent and that the system hasn't taken yet. */
  get queuedBytes(): number {
    return this.#batch.bytes + this.#channel.queuedBytes;
  }

  /** The handshake is good: messages may flow. */
  accept(remote: RemoteIdentity): void {
    this.remote = remote;
    this.openedAt = this.#clock.now();
    this.keep();
    this.#decoder.maxFrameBytes = Number.POSITIVE_INFINITY;
    this.isConfirmed = !this.dialled;
    this.send(this.#hello);
  }

  /** Ends a connection that was only introduced. `answer`: the identity that shows the other end why. */
  refuse(options: { readonly fault?: string; readonly answer?: Identity }): void {
    if (options.answer) this.#channel.write(encodeHello(options.answer));
    this.#end(options.fault);
    this.#channel.closeSoon();
  }

  /** Queues a frame; all frames of one turn leave in one write. */
  send(frame: Bytes): void {
    // As soon as whoever sends now has sent everything: one promise for all frames of a turn.
    if (this.#batch.frameCount === 0) void Promise.resolve().then(() => this.#flush());
    this.#batch.add(frame);
    this.#hasSent = true;
  }

  /** Sends what is queued and no more, and goes on receiving until the other end has done the same, or patience ends. */
  retire(): void {
    this.#end(undefined);
    this.#endWithin(this.#patienceMs);
  }

  /** Goes on as it is for as long as patience lasts. */
  hold(): void {
    this.#endWithin(this.#patienceMs);
  }

  /** Takes `hold` back. */
  keep(): void {
    this.#patience?.cancel();
    this.#patience = undefined;
  }

  /**
   * Sends what is queued, hears nothing more, and closes once the other end has done the same, or after so long. Closing at once would
   * reset the connection if anything unread had come, and so lose what was sent.
   */
  shut(options: { readonly withinMs: number }): void {
    this.#isDeaf = true;
    this.#end(undefined);
    this.#endWithin(options.withinMs);
  }

  destroy(fault?: string): void {
    this.keep();
    this.#isDeaf = true;
    this.#batch.take();
    this.#end(fault);
    this.#channel.destroy();
  }

  /**
   * Called at a steady pace. TCP itself can take a quarter of an hour to notice that nothing gets through; so each end repeats its
   * handshake when it has nothing else to say, and an end that hears nothing for several ticks gives up. Ticks are counted instead of time:
   * if this process was held up, bytes that wait to be read count before the next tick.
   */
  tick(): void {
    if (!this.isUsable) return;
    this.#silentTicks += 1;
    if (this.#silentTicks > silentTicksAllowed) {
      this.destroy(`${this.remote?.id} gave no sign of life for ${silentTicksAllowed} intervals`);
      return;
    }
    if (!this.#hasSent && this.queuedBytes === 0) this.send(this.#hello);
    this.#hasSent = false;
  }

  #open(): void {
    this.#channel.open({
      received: (chunk) => this.#take(chunk),
      ended: () => {
        // If we ended it ourselves, it has its time already: by ending it too, nobody prolongs that.
        if (this.#isEnded) return;
        this.#endWithin(this.#patienceMs);
        this.#end(this.remote || !this.dialled ? undefined : 'it closed the connection without a handshake');
      },
      broken: (reason) => this.destroy(reason),
      closed: (reason) => {
        this.keep();
        this.#end(this.remote ? undefined : reason);
        this.#owner.closed(this);
      },
    });
  }

  #take(chunk: Bytes): void {
    this.#silentTicks = 0;
    if (this.#isDeaf) return;
    try {
      this.#decoder.push(chunk);
      for (let frame = this.#decoder.next(); frame && !this.#isDeaf; frame = this.#decoder.next()) this.#takeFrame(frame);
    } catch (error) {
      if (!(error instanceof Error) || !isAboutBytes(error)) throw error;
      this.destroy(error.message);
    }
  }

  #takeFrame(frame: Bytes): void {
    const decoded = decodeFrame(frame);
    const { remote } = this;
    if (remote === undefined) {
      if (this.#isEnded) return;
      if (decoded.kind !== 'handshake') throw new RaftError('malformed', 'the first frame was no handshake');
      this.#owner.introduced(this, decoded.handshake);
      return;
    }
    if (!this.isConfirmed) {
      if (decoded.kind === 'handshake' && decoded.handshake.id === this.ours.id) {
        this.destroy(
          `another node with the id ${this.ours.id} is connected to ${remote.id}: it has storage ${decoded.handshake.storageId}`,
        );
        return;
      }
      this.isConfirmed = true;
      this.#owner.confirmed(this);
    }
    if (decoded.kind === 'message') {
      this.#owner.received(this, decoded.message);
    } else if (decoded.kind === 'handshake') {
      if (!isSameIdentity(identityOf(decoded.handshake), remote)) {
        throw new RaftError('malformed', `${remote.id} changed its identity on a standing connection`);
      }
      this.#answerSignOfLife();
    }
  }

  /** Where ticks come late (a hidden tab's timers may fire once in a minute) what comes is still heard in time: it makes up for them. */
  #answerSignOfLife(): void {
    if (this.isUsable && this.#clock.now() - this.#sentAt >= this.#overdueMs && this.queuedBytes === 0) this.send(this.#hello);
  }

  #endWithin(delayMs: number, fault?: string): void {
    this.#patience?.cancel();
    this.#patience = this.#clock.setTimer(delayMs, () => this.destroy(fault));
  }

  #flush(): void {
    if (this.#batch.frameCount === 0) return;
    this.#sentAt = this.#clock.now();
    this.#channel.write(this.#batch.take());
  }

  #end(fault: string | undefined): void {
    if (this.#isEnded) return;
    this.#flush();
    this.#isEnded = true;
    this.#channel.end();
    this.#owner.ended(this, fault);
  }
}

/** Errors that tell of the other end's bytes; any other is a mistake of ours and goes up. */
function isAboutBytes(error: Error): boolean {
  return 'code' in error && (error.code === 'malformed' || error.code === 'tooLarge' || error.code === 'unsupportedVersion');
}
