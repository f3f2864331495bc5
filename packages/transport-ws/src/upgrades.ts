import type { Server as HttpServer, IncomingMessage } from 'node:http';
import type { Server as HttpsServer } from 'node:https';
import type { Duplex } from 'node:stream';

/** Takes one upgrade request, or answers it. */
export type TakeUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;

/** What is taken at one server, by path. */
interface Table {
  readonly takers: Map<string, TakeUpgrade>;
  readonly dispatch: TakeUpgrade;
}

/** One listener per server, however many transports share it: so it is known when nobody takes a request. */
const tables = new WeakMap<HttpServer | HttpsServer, Table>();

/**
 * Takes the upgrade requests for one path of an HTTP server. Those for other paths are left to whoever else listens for upgrades; if nobody
 * does they are answered with 404, since nothing else would ever end them.
 *
 * @returns what undoes this; undefined if the path is taken.
 */
export function takeUpgrades(server: HttpServer | HttpsServer, path: string, take: TakeUpgrade): (() => void) | undefined {
  const table = tables.get(server) ?? addTable(server);
  if (table.takers.has(path)) return undefined;
  table.takers.set(path, take);
  return () => {
    table.takers.delete(path);
    if (table.takers.size > 0) return;
    tables.delete(server);
    server.off('upgrade', table.dispatch);
  };
}

function addTable(server: HttpServer | HttpsServer): Table {
  const takers = new Map<string, TakeUpgrade>();
  const dispatch: TakeUpgrade = (request, socket, head) => {
    const take = takers.get(pathOf(request));
    if (take) take(request, socket, head);
    else if (server.listenerCount('upgrade') === 1) answerUpgrade(socket, '404 Not Found');
  };
  const table = { takers, dispatch };
  tables.set(server, table);
  server.on('upgrade', dispatch);
  return table;
}

/** Refuses an upgrade. */
export function answerUpgrade(socket: Duplex, status: string): void {
  socket.on('error', () => socket.destroy());
  socket.once('finish', () => socket.destroy());
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}

/** The path that a request asks for, without its query. */
function pathOf(request: IncomingMessage): string {
  const [path = ''] = (request.url ?? '').split('?');
  return path;
}
