import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest';
import { type Browser, launchBrowser, needBrowser } from '../../../.config/browser/browser.ts';
import { type ServedPage, servePage } from '../../../.config/browser/serve-page.ts';
import type { WsServerTransportOptions } from '../src/server.ts';
import { maxMessageBytes } from '../src/web-socket-channel.ts';
import type { Sending } from './fixtures/page.ts';
import { member, message } from './messages.ts';
import { rawNode } from './raw-peer.ts';
import { addressOf, type ServerNode, serverNode, until } from './test-node.ts';

let served: ServedPage;
let browser: Browser | undefined;
let page: Page;
let origin = '';
const profile = mkdtempSync(join(tmpdir(), 'raft-profile-'));
const closing: (() => unknown)[] = [];

beforeAll(async () => {
  if ('missing' in inject('browser')) return;
  served = await servePage(new URL('./fixtures/page.ts', import.meta.url));
  origin = new URL(served.url).origin;
  browser = await launchBrowser(profile);
});

afterAll(async () => {
  await browser?.close();
  await served?.close();
  rmSync(profile, { recursive: true });
});

beforeEach(async (context) => {
  needBrowser(context);
  if (!browser) return;
  page = await browser.context.newPage();
  await page.goto(served.url);
});

afterEach(async () => {
  await page?.close();
  await Promise.all(closing.splice(0).map((close) => close()));
});

/** n1, in this process. */
async function start(options: WsServerTransportOptions = {}): Promise<ServerNode> {
  const node = await serverNode(member('n1'), { origins: [origin], ...options }).start();
  closing.push(() => node.transport.close());
  return node;
}

/** n2, in the page, which dials n1. */
async function startPage(
  address: string,
  options: { readonly maxQueuedBytes?: number; readonly signOfLifeMs?: number } = {},
): Promise<void> {
  await page.evaluate((all) => globalThis.page.start(all), { identity: member('n2'), ...options });
  await page.evaluate((peers) => globalThis.page.setPeers(peers), [{ id: 'n1', address }]);
}

/** Waits until the page was told this, and so often. */
async function told(call: string, times = 1): Promise<void> {
  await page.waitForFunction(([wanted, count]) => globalThis.page.calls.filter((one) => one.startsWith(wanted)).length >= count, [
    call,
    times,
  ] as const);
}

const calls = (): Promise<readonly string[]> => page.evaluate(() => globalThis.page.calls);
const send = (sending: Omit<Sending, 'to'>): Promise<void> =>
  page.evaluate((all) => globalThis.page.send(all), { to: member('n1'), ...sending });

describe('a node in a page', () => {
  test('talks with a server, both ways', async () => {
    const server = await start();
    await startPage(addressOf(server));
    await told('connected n1');
    await send({ rounds: [1, 2, 3], bytes: 100 });
    await until(() => server.rounds.length === 3);
    for (const round of [4, 5, 6]) server.transport.send(member('n2'), message(round));
    await told('received', 3);
    expect(await calls()).toEqual(['connected n1', 'received 4', 'received 5', 'received 6']);
    expect(server.rounds).toEqual([1, 2, 3]);
  });

  test('sends and receives large messages, in order and unchanged', async () => {
    const server = await start();
    await startPage(addressOf(server));
    await told('connected n1');
    const mebibyte = 1024 * 1024;
    await send({ rounds: [1, 2], bytes: mebibyte });
    await send({ rounds: [3], bytes: 256 * 1024, isSnapshot: true });
    await send({ rounds: [4], bytes: 10 });
    for (const round of [5, 6]) server.transport.send(member('n2'), message(round, mebibyte));
    server.transport.send(member('n2'), message(7));
    await until(() => server.rounds.length === 4);
    await told('received', 3);
    expect(server.rounds).toEqual([1, 2, 3, 4]);
    expect(await calls()).toEqual(['connected n1', 'received 5', 'received 6', 'received 7']);
  });

  test('sends all frames of a turn as one message, and none that is too long', async () => {
    const server = await rawNode(member('n1'));
    closing.push(server.close);
    await startPage(server.address);
    await told('connected n1');
    const [peer] = server.peers;
    const before = peer?.lengths.length;
    await send({ rounds: Array.from({ length: 50 }, (_, index) => index + 1), bytes: 100 });
    await until(() => peer?.messages === 50);
    expect(peer?.lengths.slice(before)).toHaveLength(1);
    await send({ rounds: [51], bytes: 1024 * 1024 });
    await until(() => peer?.messages === 51);
    expect(Math.max(...(peer?.lengths ?? []))).toBe(maxMessageBytes);
  });

  test('connects again when the server was closed and is back', async () => {
    const server = await start();
    const address = addressOf(server);
    await startPage(address);
    await told('connected n1');
    await server.transport.close();
    await told('disconnected n1');
    const again = await start({ listen: address });
    await told('connected n1', 2);
    await send({ rounds: [1], bytes: 10 });
    await until(() => again.rounds.length === 1);
    expect(again.count('connected')).toBe(1);
  });

  test('says that it could not connect, and goes on trying', async () => {
    const place = await start();
    const address = addressOf(place);
    await place.transport.close();
    await startPage(address);
    await told('refused');
    expect(await calls()).toEqual([expect.stringContaining(`refused ${address}: could not connect, and the platform does not say why`)]);
    await start({ listen: address });
    await told('connected n1');
  });

  test('makes its connection anew when either identity has changed', async () => {
    const server = await start();
    await startPage(addressOf(server));
    await told('connected n1');
    server.transport.identityChanged();
    await told('connected n1', 2);
    await until(() => server.isConnected);
    const changed = member('n2', '77');
    await page.evaluate((identity) => globalThis.page.change(identity), changed);
    await told('connected n1', 3);
    server.transport.send(changed, message(1));
    await told('received 1');
    expect(server.count('disconnected')).toBe(2);
  });

  test('drops and counts what does not fit when the server does not read, and goes on when it does', async () => {
    const server = await rawNode(member('n1'));
    closing.push(server.close);
    await startPage(server.address, { maxQueuedBytes: 1024 * 1024, signOfLifeMs: 3_600_000 });
    await told('connected n1');
    const [peer] = server.peers;
    peer?.socket.pause();
    let rounds = 0;
    const counters = () => page.evaluate(() => globalThis.page.counters());
    // The systems on both sides and the browser's network process take some megabytes before anything waits in the page.
    while ((await counters()).droppedQueueFull < 10) {
      await send({ rounds: [rounds + 1, rounds + 2, rounds + 3, rounds + 4], bytes: 512 * 1024 });
      rounds += 4;
    }
    const { sent, droppedQueueFull } = await counters();
    expect(sent + droppedQueueFull).toBe(rounds);
    peer?.socket.resume();
    await until(() => peer?.messages === sent);
    await send({ rounds: [rounds + 1], bytes: 10 });
    await until(() => peer?.messages === sent + 1);
  });

  test('is refused by a server that does not know its origin', async () => {
    const server = await start({ origins: ['https://app.example'] });
    await startPage(addressOf(server));
    await told('refused');
    await until(() => server.refusals.length > 0);
    expect(server.refusals).toEqual([`127.0.0.1: a page of ${origin} may not connect here: it is none of the origins`]);
    expect(server.calls).toEqual([]);
  });

  test('leaves a server without a connection when it closes, having sent everything', async () => {
    const http = createServer();
    http.listen(0, '127.0.0.1');
    await once(http, 'listening');
    closing.push(() => http.close());
    const connections = (): Promise<number> =>
      new Promise((resolve, reject) => http.getConnections((error, count) => (error ? reject(error) : resolve(count))));
    const server = await start({ server: http });
    expect(addressOf(server)).toContain(String((http.address() as AddressInfo).port));
    await startPage(addressOf(server));
    await told('connected n1');
    expect(await connections()).toBe(1);
    await send({ rounds: [1, 2, 3], bytes: 100_000 });
    await page.evaluate(() => globalThis.page.close());
    await until(() => !server.isConnected);
    expect(server.rounds).toEqual([1, 2, 3]);
    while ((await connections()) > 0) await new Promise((resolve) => setImmediate(resolve));
    expect(await calls()).toEqual(['connected n1']);
  });

  test('is told to be disconnected at once when its tab is closed', async () => {
    const server = await start({ signOfLifeMs: 3_600_000 });
    await startPage(addressOf(server));
    await until(() => server.isConnected);
    await page.close();
    await until(() => !server.isConnected);
    expect(server.refusals).toEqual([]);
  });
});
