import type { Server as HttpServer } from 'node:http';
import type { Server as HttpsServer } from 'node:https';
import type { Clock, EventLog } from '@raft/core';
import { type Carrier, type ConnectionLimitOptions, type ConnectionTransport, connectionTransport } from '@raft/core/connections';
import { RaftError } from '@raft/wire';
import { parseAddress } from './address.ts';
import { listen, share } from './listener.ts';
import { dialFromNode } from './node-web-socket.ts';

/** Options of {@link wsServerTransport}; all have defaults. */
export interface WsServerTransportOptions extends ConnectionLimitOptions {
  /** Where to listen, for example `ws://127.0.0.1:9081/raft`; port 0 takes a free one. Without it and without `server` this node only dials. */
  readonly listen?: string;
  /** An HTTP server, ours to use but not to start or close, whose upgrade requests for `path` are taken. Not together with `listen`. */
  readonly server?: HttpServer | HttpsServer;
  /** The path at `server`. Default `/raft`. */
  readonly path?: string;
  /** The address to tell instead of the one that `server` is bound to: useful behind a proxy, and if it is bound to any host. */
  readonly address?: string;
  /**
   * Origins of pages that may connect, for example `https://app.example`. Pages that come from the host that they connect to may always, and so may
   * clients that are no browsers: they say no origin.
   */
  readonly origins?: readonly string[];
  readonly log?: EventLog;
  /** Default: the system's. */
  readonly clock?: Clock;
}

/** A transport over WebSocket that may listen. */
export type WsServerTransport = ConnectionTransport;

/**
 * Makes a transport that listens for WebSockets and dials them, in Node. Nothing is opened before `start`.
 *
 * @throws RaftError `invalidArgument` for a bad address, path or limit, and for options that don't go together.
 */
export function wsServerTransport(options: WsServerTransportOptions = {}): WsServerTransport {
  const { listen: _listen, server: _server, path: _path, address: _address, origins: _origins, ...others } = options;
  const listening = parseListening(options);
  return connectionTransport({
    ...others,
    carrier: {
      schemes: ['ws', 'wss'],
      dialler: (address) => {
        const { href } = parseAddress(address);
        return () => dialFromNode(href);
      },
      ...(listening && { listen: listening }),
    },
  });
}

function parseListening(options: WsServerTransportOptions): Carrier['listen'] | undefined {
  const { listen: where, server, path, address, origins = [] } = options;
  if (where !== undefined && server) throw new RaftError('invalidArgument', 'listen and server were given: one of them listens');
  if (!server && (path !== undefined || address !== undefined)) {
    throw new RaftError('invalidArgument', `path and address go with server: not ${JSON.stringify({ path, address })} alone`);
  }
  if (server) {
    // Requests say it as URLs do: what is written otherwise would never be asked for.
    if (path !== undefined && !(path.startsWith('/') && new URL(`ws://host${path}`).pathname === path)) {
      throw new RaftError('invalidArgument', `path must be written as in a URL, and without a query, not ${JSON.stringify(path)}`);
    }
    if (address !== undefined) parseAddress(address);
    const shared = { server, path: path ?? '/raft', address };
    return async (how) => share(shared, origins, how);
  }
  if (where === undefined) return undefined;
  const target = parseAddress(where);
  if (target.protocol === 'wss:' || target.search !== '') {
    throw new RaftError('invalidArgument', `can't listen on ${where}: give the https server as server, and no query`);
  }
  return (how) => listen(target, origins, how);
}
