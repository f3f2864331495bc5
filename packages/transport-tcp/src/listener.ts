import { createServer, type Server } from 'node:net';
import type { Listening, ListenOptions } from '@raft/core/connections';
import { RaftError, type RaftErrorCode } from '@raft/wire';
import { formatAddress, type HostAndPort } from './address.ts';
import { SocketChannel } from './socket-channel.ts';

const codes: Readonly<Record<string, RaftErrorCode>> = { EADDRINUSE: 'addressInUse', EACCES: 'permissionDenied' };

const sentences: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another program listens there already',
  EACCES: 'this user may not listen there',
  EADDRNOTAVAIL: 'this machine has no such address',
  ENOTFOUND: 'the host is not known',
};

/** Rejects with `addressInUse`, `permissionDenied` or `invalidArgument`, naming the address. */
export async function listen(target: HostAndPort, { limits, take, fault }: ListenOptions): Promise<Listening> {
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => take(new SocketChannel(socket)));
  server.maxConnections = limits.maxConnections;
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(explain(error, target)));
    server.listen({ host: target.host, port: target.port }, resolve);
  });
  server.removeAllListeners('error');
  // For example no file descriptors left: the listener lives on.
  server.on('error', (error) => fault({ reason: `taking a connection failed: ${error.message}` }));
  return { address: addressOf(server, target), close: () => new Promise((resolve) => server.close(() => resolve())) };
}

function addressOf(server: Server, target: HostAndPort): string {
  const bound = server.address();
  if (bound === null || typeof bound === 'string') throw new RaftError('invariantViolated', 'a TCP server that listens has no port');
  return formatAddress({ host: target.host, port: bound.port });
}

/** What a failure to listen means to a person. */
export function explain(error: Error, target: HostAndPort): RaftError {
  const errno = 'code' in error ? String(error.code) : '';
  const address = formatAddress(target);
  return new RaftError(codes[errno] ?? 'invalidArgument', `can't listen on ${address}: ${sentences[errno] ?? error.message}`, {
    cause: error,
  });
}
