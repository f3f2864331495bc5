import { type Configuration, type NodeId, nodeIdSchema, RaftError } from '@raft/wire';
import type { StorageState } from '../storage.ts';
import type { PeerAddress } from '../transport.ts';

/** What is wrong with these options is thrown, with the value. */
export function checkOptions(options: { readonly id: NodeId; readonly peers: readonly PeerAddress[]; readonly bootstrap?: unknown }): void {
  const { id, peers, bootstrap } = options;
  for (const nodeId of [id, ...peers.map((peer) => peer.id)]) {
    if (!nodeIdSchema.safeParse(nodeId).success) throw invalid(`bad node id ${JSON.stringify(nodeId)}: 1–64 of A–Z a–z 0–9 . _ -`);
  }
  const ids = new Set(peers.map((peer) => peer.id));
  if (ids.size < peers.length) throw invalid(`peers names a node twice: ${peers.map((peer) => peer.id).join(', ')}`);
  if (bootstrap && !ids.has(id)) throw invalid(`to bootstrap, peers must name this node too: ${id} is not in ${[...ids].join(', ')}`);
}

/** A storage that some configuration names as another node's would look blank here, for ever. */
export function checkOwner(id: NodeId, { storageId, log, snapshot }: StorageState): void {
  const configurations = [...log.configurations.map((located) => located.configuration), ...(snapshot ? [snapshot.configuration] : [])];
  const owner = configurations.flatMap(({ voters }) => voters).find((member) => member.storageId === storageId);
  if (owner === undefined || owner.id === id) return;
  throw new RaftError('identityMismatch', `this storage belongs to node ${owner.id} of a cluster, so ${id} must not use it`);
}

/** Whom to dial: every node of either list but this one; what was given at start wins over the configuration. */
export function mergePeers(id: NodeId, given: readonly PeerAddress[], configuration: Configuration | null): readonly PeerAddress[] {
  const peers = new Map<NodeId, PeerAddress>();
  for (const { id: memberId, address } of configuration?.voters ?? []) {
    peers.set(memberId, address === undefined ? { id: memberId } : { id: memberId, address });
  }
  for (const peer of given) if (peer.address !== undefined || !peers.has(peer.id)) peers.set(peer.id, peer);
  peers.delete(id);
  return [...peers.values()];
}

function invalid(message: string): RaftError {
  return new RaftError('invalidArgument', message);
}
