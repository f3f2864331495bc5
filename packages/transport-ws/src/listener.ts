import { createServer, type Server as HttpServer } from 'node:http';
import type { Server as HttpsServer } from 'node:https';
import { Server as TlsServer } from 'node:tls';
import { explainListenError, type Listening, type ListenOptions } from '@raft/core/connections';
import { RaftError } from '@raft/wire';
import { WebSocketServer } from 'ws';
import { channelOf, webSocketOptions } from './node-web-socket.ts';
import { isOriginAllowed } from './origin.ts';
import { answerUpgrade, type TakeUpgrade, takeUpgrades } from './upgrades.ts';

const defaultPort = 80;
/** For a request to come, if handshakes may take longer. */
const longestPatienceMs = 30_000;
/** A scheme, the longest name of a host and a port: no browser says more, and what a stranger says is remembered. */
const longestOrigin = 300;

/**
 * Listens at an address with an HTTP server of its own. Rejects with `addressInUse`, `permissionDenied` or `invalidArgument`, naming the
 * address.
 */
export async function listen(target: URL, origins: readonly string[], how: ListenOptions): Promise<Listening> {
  const patienceMs = Math.min(Math.ceil(how.limits.handshakeTimeoutMs), longestPatienceMs);
  const patience = { headersTimeout: patienceMs, requestTimeout: patienceMs, connectionsCheckingInterval: patienceMs };
  const server = createServer(patience, (_, response) => {
    response.writeHead(426, { connection: 'close', upgrade: 'websocket' }).end();
  });
  server.maxConnections = how.limits.maxConnections;
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(explainListenError(error, target.href)));
    const port = target.port === '' ? defaultPort : Number(target.port);
    server.listen({ host: target.hostname.replace(/^\[|\]$/g, ''), port }, resolve);
  });
  server.removeAllListeners('error');
  // For example no file descriptors left: the listener lives on.
  server.on('error', (error) => how.fault({ reason: `taking a connection failed: ${error.message}` }));
  takeUpgrades(server, target.pathname, webSocketTaker(origins, how));
  return {
    address: addressOf(server, target.pathname, target.hostname),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        // Those that are no WebSocket, or not yet.
        server.closeAllConnections();
      }),
  };
}

/** An HTTP server that is somebody else's, and what of it is ours. */
export interface SharedServer {
  readonly server: HttpServer | HttpsServer;
  readonly path: string;
  /** What to tell instead of what the server says of itself. */
  readonly address: string | undefined;
}

/** Takes connections from an HTTP server that somebody else starts and closes. */
export function share({ server, path, address }: SharedServer, origins: readonly string[], how: ListenOptions): Listening {
  const stop = takeUpgrades(server, path, webSocketTaker(origins, how));
  if (!stop) throw new RaftError('addressInUse', `another transport takes ${path} at this server already`);
  return {
    get address() {
      return address ?? addressOf(server, path);
    },
    close: async () => stop(),
  };
}

/** Makes WebSockets of the requests that may come in. */
function webSocketTaker(origins: readonly string[], { limits, take, fault }: ListenOptions): TakeUpgrade {
  const webSockets = new WebSocketServer({ ...webSocketOptions, noServer: true, clientTracking: false });
  let count = 0;
  return (request, socket, head) => {
    const { origin, host } = request.headers;
    const source = request.socket.remoteAddress ?? 'a client that has gone';
    if (origin !== undefined && origin.length > longestOrigin) {
      answerUpgrade(socket, '400 Bad Request');
    } else if (!isOriginAllowed({ origin, host }, origins)) {
      fault({ source: `origin ${origin}`, reason: `${source}: a page of ${origin} may not connect here: it is none of the origins` });
      answerUpgrade(socket, '403 Forbidden');
    } else if (count >= limits.maxConnections) {
      answerUpgrade(socket, '503 Service Unavailable');
    } else {
      webSockets.handleUpgrade(request, socket, head, (webSocket) => {
        count += 1;
        webSocket.once('close', () => {
          count -= 1;
        });
        take(channelOf(webSocket, source));
      });
    }
  };
}

/** Where a server listens; undefined while it doesn't, and if it has no port. */
function addressOf(server: HttpServer | HttpsServer, path: string, host?: string): string | undefined {
  const bound = server.address();
  if (bound === null || typeof bound === 'string') return undefined;
  const boundHost = bound.family === 'IPv6' ? `[${bound.address}]` : bound.address;
  return `${server instanceof TlsServer ? 'wss' : 'ws'}://${host ?? boundHost}:${bound.port}${path}`;
}
