import type { Identity, RemoteIdentity } from '@raft/core';
import { type Bytes, decodeFrame, encodeHandshake, encodeMessage, type Message, type NodeId, RaftError, wireVersion } from '@raft/wire';

/** A node, as the network sees it: what it asks and what it tells. */
export interface Station {
  readonly id: NodeId;
  readonly isStarted: boolean;
  identity(): Identity;
  dials(id: NodeId): boolean;
  rememberLane(lane: Lane): void;
  forgetLane(lane: Lane): void;
  tellConnected(lane: Lane): void;
  tellDisconnected(lane: Lane): void;
  tellReceived(from: RemoteIdentity, message: Message): void;
  tellRefused(id: NodeId, reason: string): void;
}

/** A connection of two nodes. */
export interface Link {
  /** One each way. */
  readonly lanes: Lane[];
  isOpen: boolean;
  /** Cut silently: open, as far as both ends know, but it carries nothing. */
  isMute: boolean;
}

/** One direction of a link. */
export interface Lane {
  readonly link: Link;
  readonly sender: Station;
  readonly receiver: Station;
  /** What the sender's handshake proved to the receiver. */
  readonly from: RemoteIdentity;
  /** What the receiver's handshake proved to the sender. */
  readonly to: RemoteIdentity;
  /** Frames, or bare messages on a network that doesn't encode. */
  queue: (Bytes | Message)[];
  /** The receiver was told `connected`, so it is owed a `disconnected`. */
  isAnnounced: boolean;
}

/** Both handshakes, and what comes of them. */
export function createLink(options: {
  readonly a: Station;
  readonly b: Station;
  readonly encode: boolean;
}): Link | { readonly refused: string } {
  const { a, b, encode } = options;
  const aIdentity = introduce(a.identity(), encode);
  const bIdentity = introduce(b.identity(), encode);
  if (aIdentity.clusterId !== undefined && bIdentity.clusterId !== undefined && aIdentity.clusterId !== bIdentity.clusterId) {
    return { refused: `${a.id} belongs to cluster ${aIdentity.clusterId}, ${b.id} to ${bIdentity.clusterId}` };
  }
  const link: Link = { lanes: [], isOpen: true, isMute: false };
  link.lanes.push({ link, sender: a, receiver: b, from: aIdentity, to: bIdentity, queue: [], isAnnounced: false });
  link.lanes.push({ link, sender: b, receiver: a, from: bIdentity, to: aIdentity, queue: [], isAnnounced: false });
  return link;
}

/** An identity as it looks after it went over the wire. */
function introduce(identity: Identity, encode: boolean): Identity {
  if (!encode) return { ...identity };
  const decoded = decodeFrame(encodeHandshake({ ...identity, minVersion: wireVersion, maxVersion: wireVersion }));
  if (decoded.kind !== 'handshake') throw new RaftError('invariantViolated', `a handshake was decoded as ${decoded.kind}`);
  const { id, storageId, clusterId } = decoded.handshake;
  return clusterId === undefined ? { id, storageId } : { id, storageId, clusterId };
}

/** A message in the form in which it travels. */
export function pack(message: Message, encode: boolean): Bytes | Message {
  return encode ? encodeMessage(message) : message;
}

/** Hands over everything that waits. A callback may break the link: then the rest is lost, as on any network. */
export function deliver(lane: Lane): void {
  const { queue, receiver, link, from } = lane;
  lane.queue = [];
  for (const packed of queue) {
    if (!link.isOpen) return;
    if (!link.isMute) receiver.tellReceived(from, unpack(packed));
  }
}

function unpack(packed: Bytes | Message): Message {
  if (!(packed instanceof Uint8Array)) return packed;
  const decoded = decodeFrame(packed);
  if (decoded.kind !== 'message') throw new RaftError('invariantViolated', `a message was decoded as ${decoded.kind}`);
  return decoded.message;
}
