import { createServer, type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { RaftError } from '@raft/wire';
import { type Answer, internalError, notHttp } from './answers.ts';
import { discardRest } from './body.ts';

/** Where to listen. Port 0 takes a free one. */
export interface HttpAddress {
  readonly host: string;
  readonly port: number;
}

/** Answers a request. `gone` is aborted when nobody waits for the answer any more. */
export type HttpHandler = (incoming: IncomingMessage, gone: AbortSignal) => Answer | Promise<Answer>;

/** An HTTP server that listens. */
export interface HttpListener {
  readonly url: string;
  /** Replaces what answers requests from now on. */
  handle(handler: HttpHandler): void;
  /** Accepts no more, waits for the requests under way, but not longer than `graceMs`, and ends every connection. */
  close(options: { readonly graceMs: number }): Promise<void>;
}

/** What {@link listenHttp} starts from. */
export interface HttpListenerOptions {
  readonly address: HttpAddress;
  readonly handler: HttpHandler;
  /** A handler that threw: a bug. */
  readonly onError: (error: unknown) => void;
}

// Longer than the idle time of usual clients and proxies: whoever closes an idle connection first should be the client,
// since a request that crosses with the server's close ends with an unknown outcome.
const keepAliveTimeoutMs = 65_000;
const maxDiscardedBytes = 16 * 1024 * 1024;

/** Listens. Rejects with `addressInUse`, `permissionDenied` or `invalidArgument`. */
export async function listenHttp({ address, handler: initial, onError }: HttpListenerOptions): Promise<HttpListener> {
  let handler = initial;
  let closing = false;
  const open = openAnswers();
  const server = createServer({ keepAliveTimeout: keepAliveTimeoutMs }, (incoming, outgoing) => {
    if (closing) outgoing.setHeader('Connection', 'close');
    // Both ends of a broken connection say so; `close` follows, and that is what counts.
    incoming.on('error', () => undefined);
    void answer(incoming, outgoing, open.add(outgoing));
  });
  async function answer(incoming: IncomingMessage, outgoing: ServerResponse, gone: AbortSignal): Promise<void> {
    let answered: Answer;
    try {
      answered = await handler(incoming, gone);
    } catch (error) {
      onError(error);
      answered = internalError();
    }
    if (!incoming.complete) discardRest(incoming, maxDiscardedBytes);
    send(outgoing, answered);
  }
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    // Behind a whole request, this answer would be taken for the one to that request: then better none.
    if (!socket.writable || error.code === 'ECONNRESET' || open.awaitedOn(socket)) socket.destroy();
    else sendRaw(socket, notHttp(error.code));
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
      await open.drained(graceMs);
      server.closeAllConnections();
      await closed;
    },
  };
}

function send(outgoing: ServerResponse, { status, headers, body }: Answer): void {
  outgoing.writeHead(status, status === 304 ? { ...headers } : { ...headers, 'Content-Length': lengthOf(body) });
  outgoing.end(body);
}

function lengthOf(body: Answer['body']): number {
  return typeof body === 'string' ? Buffer.byteLength(body) : body.length;
}

/** Without a request there is nothing that would write an answer for us. */
function sendRaw(socket: Socket, { status, headers, body }: Answer): void {
  const fields = { ...headers, 'Content-Length': lengthOf(body), Connection: 'close' };
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.write(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('')}\r\n${body}`);
  socket.destroySoon();
}

/** The answers that are under way, each with the signal that says that its client is gone. */
function openAnswers(): {
  add(outgoing: ServerResponse): AbortSignal;
  /** Whether a request that came whole waits for its answer, or an answer has begun. */
  awaitedOn(socket: Socket): boolean;
  drained(withinMs: number): Promise<void>;
} {
  const open = new Set<ServerResponse>();
  let drained: (() => void) | undefined;
  return {
    add: (outgoing) => {
      const gone = new AbortController();
      open.add(outgoing);
      outgoing.once('close', () => {
        open.delete(outgoing);
        gone.abort();
        if (open.size === 0) drained?.();
      });
      return gone.signal;
    },
    awaitedOn: (socket) => [...open].some((outgoing) => outgoing.socket === socket && (outgoing.req.complete || outgoing.headersSent)),
    drained: (withinMs) => {
      if (open.size === 0) return Promise.resolve();
      return new Promise((resolve) => {
        const timer = setTimeout(resolve, withinMs);
        drained = () => {
          clearTimeout(timer);
          resolve();
        };
      });
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

function urlOf({ address, family, port }: AddressInfo): string {
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
}
