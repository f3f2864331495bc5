import { createServer, type Server, type Socket } from 'node:net';
import { RaftError, type RaftErrorCode } from '@raft/wire';
import { formatAddress, type HostAndPort } from './address.ts';

const codes: Readonly<Record<string, RaftErrorCode>> = { EADDRINUSE: 'addressInUse', EACCES: 'permissionDenied' };

const sentences: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another program listens there already',
  EACCES: 'this user may not listen there',
  EADDRNOTAVAIL: 'this machine has no such address',
  ENOTFOUND: 'the host is not known',
};

/** Where connections come in. */
export interface Listener {
  /** With the port that was taken. */
  readonly address: string;
  /** Takes no more connections; resolves when those that it took are closed. */
  close(): Promise<void>;
}

export interface ListenOptions {
  readonly target: HostAndPort;
  readonly maxConnections: number;
  readonly onSocket: (socket: Socket) => void;
  readonly onFault: (reason: string) => void;
}

/** Rejects with `addressInUse`, `permissionDenied` or `invalidArgument`, naming the address. */
export async function listen(options: ListenOptions): Promise<Listener> {
  const { target, maxConnections, onSocket, onFault } = options;
  const server = createServer({ allowHalfOpen: true, noDelay: true }, onSocket);
  server.maxConnections = maxConnections;
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(explain(error, target)));
    server.listen({ host: target.host, port: target.port }, resolve);
  });
  server.removeAllListeners('error');
  // For example no file descriptors left: the listener lives on.
  server.on('error', (error) => onFault(`taking a connection failed: ${error.message}`));
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
