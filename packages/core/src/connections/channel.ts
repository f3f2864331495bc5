import type { Bytes } from '@raft/wire';
import type { ConnectionLimits } from './limits.ts';

/** Told what happens on a channel, always in a turn of its own: never from within a call on the channel. */
export interface ChannelOwner {
  /** Bytes came, in order, cut anywhere. The owner keeps no view of them. */
  received(bytes: Bytes): void;
  /** The other end sends no more; it may go on reading. */
  ended(): void;
  /** Something came that can't be bytes of frames, and `reason` says what. The owner destroys the channel. */
  broken(reason: string): void;
  /** Nothing is left of the channel. Called once, last; `reason` is a sentence if it failed. */
  closed(reason?: string): void;
}

/** Carries bytes both ways between two nodes, in order, until it closes: a socket, for example. Nothing here throws. */
export interface Channel {
  /** Where the other end is, for people: the host that dialled. */
  readonly source: string;
  /** Bytes that were written and that the system hasn't taken yet. */
  readonly queuedBytes: number;
  /** Called once, in the turn in which the channel was made, before anything else; only `destroy` may come in its place. */
  open(owner: ChannelOwner): void;
  /**
   * Hands bytes over; they are immutable, and sent as they are. Not called at the end that dialled before anything came; ignored after `end`
   * and once the channel is broken.
   */
  write(bytes: Bytes): void;
  /**
   * Tells the other end, after what was written, that no more comes; it may go on sending, and is heard. When both ends have ended the channel
   * closes by itself. May be called at any time, more than once.
   */
  end(): void;
  /** Sends what was written, then closes, whatever the other end does. What still comes may be lost. */
  closeSoon(): void;
  /** Closes now. What was written may be lost, and nothing but `closed` is told afterwards. */
  destroy(): void;
}

/** Where channels come in. */
export interface Listening {
  /** With the port that was taken; undefined if that isn't known (yet). */
  readonly address: string | undefined;
  /** Takes no more channels; may wait for those that it took. */
  close(): Promise<void>;
}

/** What a carrier that listens is given. */
export interface ListenOptions {
  readonly limits: ConnectionLimits;
  /** A node, or anybody, has dialled. Channels beyond `maxConnections` are turned away before. */
  readonly take: (channel: Channel) => void;
  /** Somebody was turned away, or could not be taken in. `source` tells such ends apart: each is told once until its reason changes. */
  readonly fault: (options: { readonly reason: string; readonly source?: string }) => void;
}

/** Makes channels of one kind: all that a transport over connections needs to know of sockets. */
export interface Carrier {
  /** The schemes of the addresses that it dials, without a colon. */
  readonly schemes: readonly string[];
  /**
   * Checks an address; what it gives makes a channel to there at each call. That never throws: a channel that can't be made closes, with a reason.
   *
   * @throws RaftError `invalidArgument` for an address that it can't use, naming it.
   */
  dialler(address: string): () => Channel;
  /** Missing if it only dials. Rejects with `addressInUse`, `permissionDenied` or `invalidArgument`, naming the address. */
  readonly listen?: (options: ListenOptions) => Promise<Listening>;
}
