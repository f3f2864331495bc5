import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { getRequestListener, type HttpBindings } from '@hono/node-server';
import { RaftError } from '@raft/wire';
import { badRequest, internalError } from './answers.ts';

/** Where to listen. Port 0 takes a free one. */
export interface HttpAddress {
  readonly host: string;
  readonly port: number;
}

/** Takes a request, as hono's `app.fetch` does. */
export type FetchHandler = (request: Request, env: HttpBindings) => Response | Promise<Response>;

/** An HTTP server that listens. */
export interface HttpListener {
  readonly url: string;
  /** Replaces what answers requests from now on. */
  handle(handler: FetchHandler): void;
  /** Accepts no more, waits for the requests under way, but not longer than `graceMs`, and ends every connection. */
  close(options: { readonly graceMs: number }): Promise<void>;
}

// Longer than the idle time of usual clients and proxies: whoever closes an idle connection first should be the client,
// since a request that crosses with the server's close ends with an unknown outcome.
const keepAliveTimeoutMs = 65_000;

/** Listens. Rejects with `addressInUse`, `permissionDenied` or `invalidArgument`. */
export async function listenHttp(address: HttpAddress, initial: FetchHandler): Promise<HttpListener> {
  let handler = initial;
  let closing = false;
  const open = new Set<ServerResponse>();
  let drained: (() => void) | undefined;
  const respond = getRequestListener((request, env) => handler(request, env as HttpBindings), {
    errorHandler: (error) =>
      isRequestError(error) ? badRequest(`not a request that can be taken: ${(error as Error).message}`) : internalError(),
    overrideGlobalObjects: false,
  });
  const server = createServer({ keepAliveTimeout: keepAliveTimeoutMs }, (incoming: IncomingMessage, outgoing: ServerResponse) => {
    if (closing) outgoing.setHeader('Connection', 'close');
    open.add(outgoing);
    outgoing.once('close', () => {
      open.delete(outgoing);
      if (open.size === 0) drained?.();
    });
    void respond(incoming, outgoing);
  });
  await listen(server, address);
  return {
    url: urlOf(server.address() as AddressInfo),
    handle: (next) => {
      handler = next;
    },
    close: async ({ graceMs }) => {
      closing = true;
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      if (open.size > 0) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, graceMs);
          drained = () => {
            clearTimeout(timer);
            resolve();
          };
        });
      }
      server.closeAllConnections();
      await closed;
    },
  };
}

function listen(server: Server, { host, port }: HttpAddress): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(listenError(error, `${host}:${port}`)));
    server.listen({ host, port }, () => {
      server.removeAllListeners('error');
      resolve();
    });
  });
}

function listenError(error: NodeJS.ErrnoException, address: string): RaftError {
  switch (error.code) {
    case 'EADDRINUSE':
      return new RaftError('addressInUse', `cannot serve HTTP on ${address}: the port is in use`, { cause: error });
    case 'EACCES':
      return new RaftError('permissionDenied', `cannot serve HTTP on ${address}: this user may not listen there`, { cause: error });
    default:
      return new RaftError('invalidArgument', `cannot serve HTTP on ${address}: ${error.message}`, { cause: error });
  }
}

function isRequestError(error: unknown): boolean {
  return error instanceof Error && error.name === 'RequestError';
}

function urlOf({ address, family, port }: AddressInfo): string {
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
}
