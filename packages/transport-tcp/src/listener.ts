import { createServer, type Server } from 'node:net';
import { explainListenError, type Listening, type ListenOptions } from '@raft/core/connections';
import { RaftError } from '@raft/wire';
import { formatAddress, type HostAndPort } from './address.ts';
import { SocketChannel } from './socket-channel.ts';

/** Rejects with `addressInUse`, `permissionDenied` or `invalidArgument`, naming the address. */
export async function listen(target: HostAndPort, { limits, take, fault }: ListenOptions): Promise<Listening> {
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => take(new SocketChannel(socket)));
  server.maxConnections = limits.maxConnections;
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(explainListenError(error, formatAddress(target))));
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
