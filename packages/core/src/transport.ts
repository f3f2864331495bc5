import type { ClusterId, Message, NodeId, Peer } from '@raft/wire';

/** Who this node is, as its handshakes say. Read anew for each handshake. */
export interface Identity extends Peer {
  /** Missing while the node is blank. */
  readonly clusterId?: ClusterId;
}

/** Who the other end is, as its handshake proved. Its clusterId equals ours unless one of us was blank then. */
export type RemoteIdentity = Identity;

/** A node to keep a connection with. Without an address it can only dial us: a browser never has one. */
export interface PeerAddress {
  readonly id: NodeId;
  /** A URL, for example `tcp://127.0.0.1:9081`. */
  readonly address?: string;
}

/**
 * What a transport calls back. None of them throws. Only `identity` is ever called from within a call on the transport; the others
 * come in turns of their own.
 */
export interface TransportHandlers {
  identity(): Identity;
  /** One message, in the order in which its connection carried it; it passed its schema. May be called many times per turn. */
  receive(from: RemoteIdentity, message: Message): void;
  /** A connection to this peer stands. Comes before the first `receive` from it. */
  connected(from: RemoteIdentity): void;
  /** No connection to this peer is left. Replacing one connection by another is no disconnection. */
  disconnected(from: RemoteIdentity): void;
}

/** Messages since start, those that were dropped by reason. */
export interface TransportCounters {
  /** Taken for sending. A connection that breaks may still lose them. */
  readonly sent: number;
  /** Handed to `receive`. */
  readonly received: number;
  readonly droppedNotConnected: number;
  /** By what waits where this process sees it: a browser takes some megabytes into other processes before its queue grows. */
  readonly droppedQueueFull: number;
}

/**
 * Carries messages between nodes. It may drop, duplicate and reorder them; it never alters one and never misstates
 * its sender. One connection serves both directions; of two between the same pair, the one dialled by the smaller node
 * id stays. A handshake proves id, storageId and clusterId of both ends and agrees on a version; a peer whose clusterId differs
 * from ours is refused (and reported to `log`), except that a blank end goes with any. A node whose id is connected with another
 * storageId is refused too, until that connection is gone (only a member of our cluster takes the place of a blank node); the same pair
 * replaces its connection at once.
 *
 * Two nodes that can both only dial, such as two tabs, have no connection with each other, however long they wait. A transport that expects signs
 * of life also gives them in answer to what it hears, not by a timer alone: those of a hidden tab may be a minute late.
 */
export interface Transport extends AsyncDisposable {
  /** The schemes of the addresses that it dials (`tcp`, `ws`), without a colon. `combineTransports` needs it; a transport without addresses has none. */
  readonly schemes?: readonly string[];
  /** Listens, if it was told to, and dials. Rejects with `addressInUse`, `permissionDenied`, `invalidArgument`. Called once. */
  start(handlers: TransportHandlers): Promise<void>;
  /**
   * Hands a message over. Never throws, never blocks: without a connection to exactly this pair, or with its queue
   * full, the message is dropped and counted. The message and its bytes are immutable. (One that can't be encoded, which
   * the core's limits rule out, is a programmer's mistake: that does throw.)
   */
  send(to: Peer, message: Message): void;
  /**
   * Replaces the list of nodes to dial; may be called before `start`. Connections to nodes that are not in it are kept until they break.
   * Ignored: this node itself, and an address that the transport can't use (reported to `log`): a bad address in a configuration stops nobody.
   */
  setPeers(peers: readonly PeerAddress[]): void;
  /** `identity()` has changed: every connection is shut and made anew, so that each handshake tells the truth. */
  identityChanged(): void;
  counters(): TransportCounters;
  /**
   * Ends listeners, connections and timers; no callback comes afterwards. Idempotent. What the platform can't break off, as a browser's WebSocket
   * whose other end hangs, may linger; nothing comes of it.
   */
  close(): Promise<void>;
}
