import { appendFile, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest';
import { type Browser, launchBrowser, needBrowser } from '../../../.config/browser/browser.ts';
import { type ServedPage, servePage } from '../../../.config/browser/serve-page.ts';
import type { Outcome } from './fixtures/storage-page.ts';

let served: ServedPage;
let profile = '';
let browser: Browser | undefined;

beforeAll(async () => {
  served = await servePage(new URL('./fixtures/storage-page.ts', import.meta.url));
});

beforeEach(async () => {
  if ('missing' in inject('browser')) return;
  profile = await mkdtemp(join(tmpdir(), 'raft-browser-life-'));
});

afterEach(async () => {
  await browser?.close();
  browser = undefined;
  if (profile !== '') await rm(profile, { recursive: true });
});

afterAll(() => served.close());

/** Ends the browser, if one runs, and starts another on the same profile. */
async function restart(): Promise<Browser> {
  await browser?.close();
  browser = await launchBrowser(profile);
  return browser;
}

const open = (page: Page): Promise<Outcome> => page.evaluate(() => globalThis.calls.open('n1'));
const count = (page: Page): Promise<Outcome> => page.evaluate(() => globalThis.calls.count());
const append = (page: Page, index: number, bytes = 100): Promise<Outcome> =>
  page.evaluate((entry) => globalThis.calls.append(entry), { index, bytes });

/** Opens in a new tab, once the lock of another that was just ended is free: the browser hears of its end a little later. */
async function openWhenFree(): Promise<{ readonly page: Page; readonly outcome: Outcome }> {
  const page = await (browser ?? (await restart())).open(served.url);
  await page.evaluate(async () => {
    const { held = [] } = await navigator.locks.query();
    for (const { name = '' } of held) await navigator.locks.request(name, () => undefined);
  });
  return { page, outcome: await open(page) };
}

describe('a second tab', () => {
  test('is refused until the first is closed, or its storage is, or it crashes', async (context) => {
    needBrowser(context);
    const { open: openTab } = await restart();
    const first = await openTab(served.url);
    const second = await openTab(served.url);
    expect(await open(first)).toMatchObject({ code: 'ok' });
    expect(await append(first, 1)).toMatchObject({ code: 'ok' });
    expect(await open(second)).toMatchObject({ code: 'locked', message: expect.stringContaining('another tab') });
    expect(await append(first, 2)).toMatchObject({ code: 'ok' });

    await first.evaluate(() => globalThis.calls.close());
    expect(await open(second)).toEqual({ code: 'ok', message: '', lastIndex: 2 });
    expect(await open(first)).toMatchObject({ code: 'locked' });

    await second.close();
    const third = await openWhenFree();
    expect(third.outcome).toMatchObject({ code: 'ok', lastIndex: 2 });
    expect(await append(third.page, 3)).toMatchObject({ code: 'ok' });

    const crashed = third.page.waitForEvent('crash');
    await Promise.all([crashed, third.page.goto('chrome://crash').catch(() => undefined)]);
    expect((await openWhenFree()).outcome).toMatchObject({ code: 'ok', lastIndex: 3 });
  });
});

describe('a page without a secure context', () => {
  test('is told why it can keep nothing', async (context) => {
    needBrowser(context);
    const { context: tabs, open: openTab } = await restart();
    await tabs.route('http://insecure.test/**', async (route) => {
      const path = new URL(route.request().url()).pathname;
      await route.fulfill({ response: await route.fetch({ url: new URL(path, served.url).href }) });
    });
    const page = await openTab('http://insecure.test/');
    expect(await open(page)).toMatchObject({ code: 'storageFailed', message: expect.stringContaining('https') });
  });
});

describe('a full disk', () => {
  test('rejects with noSpace from then on, and loses nothing that was acknowledged', async (context) => {
    needBrowser(context);
    const { context: tabs, open: openTab } = await restart();
    const page = await openTab(served.url);
    const session = await tabs.newCDPSession(page);
    const origin = new URL(served.url).origin;
    // Before the first write: Chromium remembers for a while how much room it found.
    await session.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: 4 * 1024 * 1024 });
    expect(await open(page)).toMatchObject({ code: 'ok' });
    let written = 0;
    let outcome = await append(page, 1, 500_000);
    while (outcome.code === 'ok' && written < 50) {
      written += 1;
      outcome = await append(page, written + 1, 500_000);
    }
    expect(outcome).toMatchObject({ code: 'noSpace', message: expect.stringContaining('quota') });
    expect(written).toBeGreaterThan(0);
    expect(await append(page, written + 1, 1)).toEqual(outcome);
    expect(await count(page)).toMatchObject({ code: 'ok', lastIndex: written });

    await page.evaluate(() => globalThis.calls.close());
    await session.send('Storage.overrideQuotaForOrigin', { origin });
    expect(await open(page)).toMatchObject({ code: 'ok', lastIndex: written });
    expect(await append(page, written + 1, 500_000)).toMatchObject({ code: 'ok' });
    expect(await count(page)).toMatchObject({ code: 'ok', lastIndex: written + 1 });
  });
});

describe('data that is cleared', () => {
  test('rejects writes with storageFailed, and close ends', async (context) => {
    needBrowser(context);
    const { context: tabs, open: openTab } = await restart();
    const page = await openTab(served.url);
    expect(await open(page)).toMatchObject({ code: 'ok' });
    expect(await append(page, 1)).toMatchObject({ code: 'ok' });
    const session = await tabs.newCDPSession(page);
    await session.send('Storage.clearDataForOrigin', { origin: new URL(served.url).origin, storageTypes: 'indexeddb' });
    const refusal = await append(page, 2);
    expect(refusal).toMatchObject({ code: 'storageFailed', message: expect.stringContaining('closed the database n1') });
    expect(await append(page, 2)).toEqual(refusal);
    expect(await page.evaluate(() => globalThis.calls.close())).toMatchObject({ code: 'ok' });
    expect(await open(page)).toEqual({ code: 'ok', message: '', lastIndex: 0 });
  });
});

describe('data that is cleared in the midst of calls', () => {
  test('keeps nobody waiting (Chromium tells a transaction that begins then nothing at all)', async (context) => {
    needBrowser(context);
    const { context: tabs, open: openTab } = await restart();
    const page = await openTab(served.url);
    const session = await tabs.newCDPSession(page);
    for (let round = 0; round < 5; round += 1) {
      expect(await open(page)).toEqual({ code: 'ok', message: '', lastIndex: 0 });
      expect(await append(page, 1)).toMatchObject({ code: 'ok' });
      const writing = page.evaluate(async () => {
        let outcome = await globalThis.calls.append({ index: 2, bytes: 100 });
        while (outcome.code === 'ok') outcome = await globalThis.calls.append({ index: outcome.lastIndex + 1, bytes: 100 });
        return outcome;
      });
      const reading = page.evaluate(async () => {
        let outcome = await globalThis.calls.count();
        while (outcome.code === 'ok') outcome = await globalThis.calls.count();
        return outcome;
      });
      await session.send('Storage.clearDataForOrigin', { origin: new URL(served.url).origin, storageTypes: 'indexeddb' });
      expect(await writing).toMatchObject({ code: 'storageFailed' });
      expect(await reading).toMatchObject({ code: 'storageFailed' });
      expect(await page.evaluate(() => globalThis.calls.close())).toMatchObject({ code: 'ok' });
    }
  });
});

describe('a file of the browser that is gone', () => {
  test('is damage, and the record is named', async (context) => {
    needBrowser(context);
    const page = await (await restart()).open(served.url);
    expect(await open(page)).toMatchObject({ code: 'ok' });
    // So large that Chromium keeps it in a file of its own.
    for (let index = 1; index <= 3; index += 1)
      expect(await append(page, index, index === 2 ? 500_000 : 100)).toMatchObject({ code: 'ok' });
    await browser?.close();
    const folder = join(profile, 'Default', 'IndexedDB');
    const files = (await readdir(folder, { recursive: true })).filter((name) => /\.blob.[0-9a-f]+.[0-9a-f]{2}.[0-9a-f]+$/.test(name));
    expect(files).toHaveLength(1);
    for (const name of files) await rm(join(folder, name));
    const refusal = { code: 'damaged', message: expect.stringContaining('record 2 in store chunks') };
    const again = await (await restart()).open(served.url);
    expect(await open(again)).toMatchObject(refusal);
    expect(await open(again)).toMatchObject(refusal);
  });
});

describe('a log that ends in half a record, as a killed browser leaves it', () => {
  test('costs nothing, not at the start after the next either (google/leveldb#1287)', async (context) => {
    needBrowser(context);
    const first = await (await restart()).open(served.url);
    expect(await open(first)).toMatchObject({ code: 'ok' });
    for (let index = 1; index <= 3; index += 1) expect(await append(first, index)).toMatchObject({ code: 'ok' });
    await browser?.kill();
    browser = undefined;
    await tearLogs(join(profile, 'Default', 'IndexedDB'));

    for (let start = 0; start < 3; start += 1) {
      const page = await (await restart()).open(served.url);
      expect(await open(page)).toEqual({ code: 'ok', message: '', lastIndex: 3 + start });
      expect(await append(page, 4 + start)).toMatchObject({ code: 'ok' });
      expect(await count(page)).toMatchObject({ code: 'ok', lastIndex: 4 + start });
    }
  });
});

/** Appends the header of a record of 84 bytes to each log of LevelDB, without the record. */
async function tearLogs(folder: string): Promise<void> {
  const names = await readdir(folder, { recursive: true });
  const logs = names.filter((name) => /\d+\.log$/.test(name));
  expect(logs).not.toEqual([]);
  for (const name of logs) await appendFile(join(folder, name), Uint8Array.of(1, 2, 3, 4, 84, 0, 1));
}
