import { RaftError } from '@raft/wire';

/** Where to listen or dial. */
export interface HostAndPort {
  readonly host: string;
  readonly port: number;
}

const pattern = /^tcp:\/\/(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9._-]+)):(\d{1,5})\/?$/;
const largestPort = 65_535;

/**
 * Splits `tcp://host:port`; an IPv6 host stands in brackets.
 *
 * @throws RaftError `invalidArgument`, naming the address.
 */
export function parseAddress(address: string): HostAndPort {
  const [, bracketed, plain, digits] = pattern.exec(address) ?? [];
  const host = bracketed ?? plain;
  const port = Number(digits);
  if (host === undefined || !(port <= largestPort)) {
    throw new RaftError(
      'invalidArgument',
      `not an address: ${JSON.stringify(address)}; one looks like tcp://127.0.0.1:9081 or tcp://[::1]:9081`,
    );
  }
  return { host, port };
}

/** The inverse of {@link parseAddress}. */
export function formatAddress({ host, port }: HostAndPort): string {
  return host.includes(':') ? `tcp://[${host}]:${port}` : `tcp://${host}:${port}`;
}
