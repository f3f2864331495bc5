import { type Bytes, encodeHandshake, type Handshake, type NodeId, negotiateVersion, spokenVersions } from '@raft/wire';
import type { Identity, RemoteIdentity } from '../transport.ts';

/** No handshake is longer: until one was accepted, nobody makes us hold more than this. */
export const maxHandshakeBytes = 4096;

/** What this node says first on a connection, and again as a sign of life. */
export function encodeHello(identity: Identity): Bytes {
  return encodeHandshake({ ...identity, ...spokenVersions });
}

/** The identity that a handshake tells. */
export function identityOf({ id, storageId, clusterId }: Handshake): RemoteIdentity {
  return clusterId === undefined ? { id, storageId } : { id, storageId, clusterId };
}

/** Same node, same storage, and no word about its cluster has changed. */
export function isSameIdentity(a: Identity, b: Identity): boolean {
  return a.id === b.id && a.storageId === b.storageId && a.clusterId === b.clusterId;
}

/**
 * Why these two can't talk, in a sentence; undefined if they can. But for `expectedId`, both ends come to the same
 * verdict: whoever is content with the other knows that the other is content too. (Whether the id is taken, one end alone knows.)
 */
export function findRefusal(parts: {
  readonly ours: Identity;
  readonly theirs: Handshake;
  readonly expectedId?: NodeId;
}): string | undefined {
  const { ours, theirs, expectedId } = parts;
  if (theirs.id === ours.id) {
    return theirs.storageId === ours.storageId ? 'it is this very node' : `another node says that it is ${ours.id}, as this one is`;
  }
  if (expectedId !== undefined && theirs.id !== expectedId) return `node ${theirs.id} answers there, not ${expectedId}`;
  if (negotiateVersion(spokenVersions, theirs) === undefined) {
    return `${theirs.id} speaks ${describeVersions(theirs)} of the wire format, this node ${describeVersions(spokenVersions)}`;
  }
  // A blank node has no cluster yet and goes with any.
  if (ours.clusterId !== undefined && theirs.clusterId !== undefined && ours.clusterId !== theirs.clusterId) {
    return `${theirs.id} belongs to cluster ${theirs.clusterId}, this node to ${ours.clusterId}`;
  }
  return undefined;
}

/**
 * Whether a newcomer takes the place of the standing node with its id. The same storage does: it was restarted, or has noticed first that
 * the connection is dead. Another storage waits until the connection is gone, lest two nodes that claim one id evict each other for ever;
 * but a blank node, which anybody can start, keeps no member of our cluster out.
 */
export function mayReplace(parts: {
  readonly ours: Identity;
  readonly standing: RemoteIdentity;
  readonly newcomer: RemoteIdentity;
}): boolean {
  const { ours, standing, newcomer } = parts;
  if (standing.storageId === newcomer.storageId) return true;
  return standing.clusterId === undefined && newcomer.clusterId !== undefined && newcomer.clusterId === ours.clusterId;
}

function describeVersions({ minVersion, maxVersion }: Pick<Handshake, 'minVersion' | 'maxVersion'>): string {
  return minVersion === maxVersion ? `version ${maxVersion}` : `versions ${minVersion} to ${maxVersion}`;
}
