import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import type { ConfigInput, RaftNode } from '@raft/core';
import { bundle } from '../../../../.config/browser/serve-page.ts';
import { type ServerId, startServer } from './server.ts';

/** A page whose tab is a member, and the two servers that are the others. */
export interface Site extends AsyncDisposable {
  readonly url: string;
  /** The servers that run. */
  readonly members: ReadonlyMap<ServerId, RaftNode<number, void, number>>;
  start(id: ServerId): Promise<void>;
  /** It keeps its data. */
  stop(id: ServerId): Promise<void>;
}

/** Serves the page on 127.0.0.1 and starts both servers. */
export async function startSite(options: { readonly folder: string; readonly port: number; readonly config?: ConfigInput }): Promise<Site> {
  const { folder, port, config = {} } = options;
  const script = await bundle(new URL('page.ts', import.meta.url));
  const http = createServer().listen(port, '127.0.0.1');
  await once(http, 'listening');
  const place = { folder, http, config, tcp: { n1: await freeTcpAddress(), n2: await freeTcpAddress() } };
  const members = new Map<ServerId, RaftNode<number, void, number>>();
  const site: Site = {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}/`,
    members,
    start: async (id) => {
      if (!members.has(id)) members.set(id, await startServer(id, place));
    },
    stop: async (id) => {
      const member = members.get(id);
      members.delete(id);
      await member?.close();
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all([site.stop('n1'), site.stop('n2')]);
      const closed = once(http, 'close');
      http.close();
      http.closeAllConnections();
      await closed;
    },
  };
  let isNew = false;
  http.on('request', (request, response) => {
    // What this browser has stored for a cluster that is gone would keep it out of the new one.
    if (isNew && request.url === '/') response.setHeader('clear-site-data', '"storage"');
    isNew &&= request.url !== '/';
    answer(site, script, request, response).catch((error: unknown) => response.writeHead(500).end(`${error}\n`));
  });
  // Whoever asks for a server that is stopped shall hear so.
  http.on('upgrade', ({ url = '' }, socket) => {
    if (!members.has(url.slice(1) as ServerId)) socket.destroy();
  });
  try {
    await Promise.all([site.start('n1'), site.start('n2')]);
  } catch (error) {
    await site[Symbol.asyncDispose]();
    throw error;
  }
  isNew = [...members.values()].every((member) => member.status().blank);
  return site;
}

const isServer = (id: string): id is ServerId => id === 'n1' || id === 'n2';

async function answer(site: Site, script: string, { method, url = '' }: IncomingMessage, response: ServerResponse): Promise<void> {
  const [, verb = '', subject = ''] = url.split('/');
  const amount = Number(subject);
  if (method === 'GET' && verb === '') {
    response.setHeader('content-type', 'text/html').end(await readFile(new URL('index.html', import.meta.url)));
  } else if (method === 'GET' && verb === 'style.css') {
    response.setHeader('content-type', 'text/css').end(await readFile(new URL('style.css', import.meta.url)));
  } else if (method === 'GET' && verb === 'page.js') {
    response.setHeader('content-type', 'text/javascript').end(script);
  } else if (method === 'POST' && verb === 'add' && amount >= 1 && amount <= 255) {
    const [member] = site.members.values();
    response.end(`${JSON.stringify((await member?.propose(Uint8Array.of(amount))) ?? 'no server runs')}\n`);
  } else if (method === 'POST' && (verb === 'start' || verb === 'stop') && isServer(subject)) {
    await site[verb](subject);
    response.writeHead(204).end();
  } else {
    response.writeHead(404).end();
  }
}

async function freeTcpAddress(): Promise<string> {
  const server = createTcpServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return `tcp://127.0.0.1:${port}`;
}
