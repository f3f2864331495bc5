import { RaftError } from '@raft/wire';

/**
 * Parses `ws://host:port/path` or `wss://…`.
 *
 * @throws RaftError `invalidArgument`, naming the address.
 */
export function parseAddress(address: string): URL {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (!url || !(url.protocol === 'ws:' || url.protocol === 'wss:') || url.username || url.password || address.includes('#')) {
    throw new RaftError(
      'invalidArgument',
      `not an address: ${JSON.stringify(address)}; one looks like ws://127.0.0.1:9081/raft or wss://node1.example/raft`,
    );
  }
  return url;
}
