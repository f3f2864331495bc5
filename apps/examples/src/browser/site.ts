import { once } from 'node:events';
import { readFile, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { ConfigInput, RaftNode } from '@raft/core';
import { fileStorage } from '@raft/storage-file';
import { bundle } from '../../../../.config/browser/serve-page.ts';
import { freePort } from './free-port.ts';
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

/** Options of {@link startSite}. */
export interface SiteOptions {
  readonly folder: string;
  readonly port: number;
  /** Forgets what an earlier cluster stored in the folder. */
  readonly fresh?: boolean;
  readonly config?: ConfigInput;
}

/** Serves the page on 127.0.0.1 and starts both servers. */
export async function startSite({ folder, port, fresh = false, config = {} }: SiteOptions): Promise<Site> {
  const script = await bundle(new URL('page.ts', import.meta.url));
  const http = createServer().listen(port, '127.0.0.1');
  await once(http, 'listening');
  const place = { folder, http, config, tcp: { n1: `tcp://127.0.0.1:${await freePort()}`, n2: `tcp://127.0.0.1:${await freePort()}` } };
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
    if (fresh) await forget(folder);
    await Promise.all([site.start('n1'), site.start('n2')]);
  } catch (error) {
    await site[Symbol.asyncDispose]();
    throw error;
  }
  isNew = [...members.values()].every((member) => member.status().blank);
  return site;
}

/** Only what the two servers stored, and not while they run somewhere: a server whose files go away under it stops for good. */
async function forget(folder: string): Promise<void> {
  const directories = [join(folder, 'n1'), join(folder, 'n2')];
  for (const directory of directories) {
    const storage = fileStorage({ directory });
    await storage.open().catch((error: { readonly code?: string }) => {
      if (error.code === 'locked') throw error;
    });
    await storage.close();
  }
  for (const directory of directories) await rm(directory, { recursive: true, force: true });
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
  } else if (method === 'POST' && verb === 'add') {
    if (!Number.isInteger(amount) || amount < 1 || amount > 255) {
      response.writeHead(400).end('what is added is a whole number from 1 to 255\n');
      return;
    }
    const [member] = site.members.values();
    response.end(`${JSON.stringify((await member?.propose(Uint8Array.of(amount))) ?? 'no server runs')}\n`);
  } else if (method === 'POST' && (verb === 'start' || verb === 'stop') && isServer(subject)) {
    await site[verb](subject);
    response.writeHead(204).end();
  } else {
    response.writeHead(404).end();
  }
}
