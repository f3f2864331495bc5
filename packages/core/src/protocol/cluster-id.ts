import { type ClusterId, encodeUtf8, type Peer } from '@raft/wire';

/**
 * The id of the cluster that these members form under this name: whoever computes it from the same map gets the same id.
 * FNV-1a over 128 bits; it tells clusters apart, it doesn't guard against forgery.
 */
export function clusterIdOf(clusterName: string, members: readonly Peer[]): ClusterId {
  const pairs = members.map(({ id, storageId }) => [id, storageId]).sort(([a = ''], [b = '']) => (a < b ? -1 : 1));
  let hash = 0x6c62272e07bb014262b821756295c58dn;
  for (const byte of encodeUtf8(JSON.stringify([clusterName, ...pairs]))) {
    hash = ((hash ^ BigInt(byte)) * 0x1000000000000000000013bn) & ((1n << 128n) - 1n);
  }
  return hash.toString(16).padStart(32, '0');
}
