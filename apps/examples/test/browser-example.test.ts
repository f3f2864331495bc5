import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { afterAll, expect, test } from 'vitest';
import { launchBrowser, needBrowser } from '../../../.config/browser/browser.ts';
import { until } from './tab.ts';

const folder = mkdtempSync(join(tmpdir(), 'raft-example-'));
afterAll(() => rmSync(folder, { recursive: true, maxRetries: 5 }));

/** `pnpm example …`, as a user starts it. */
class Example implements AsyncDisposable {
  readonly #child;
  readonly #ended: Promise<unknown[]>;
  readonly errors: Promise<string>;

  constructor(...args: readonly string[]) {
    this.#child = spawn(process.execPath, [fileURLToPath(new URL('../src/main.ts', import.meta.url)), ...args]);
    this.#ended = once(this.#child, 'close');
    this.errors = text(this.#child.stderr);
  }

  /** What it prints, once it has ended. */
  output(): Promise<string> {
    return text(this.#child.stdout);
  }

  /** Where it says that its page is. */
  async url(): Promise<string> {
    const lines = createInterface({ input: this.#child.stdout });
    const [line] = await Promise.race([once(lines, 'line'), this.#ended]);
    return /http:\S+/.exec(String(line))?.[0] ?? `${line} ${await this.errors}`;
  }

  interrupt(): void {
    this.#child.kill('SIGINT');
  }

  /** Its exit code, once it has ended. */
  async code(): Promise<number | null> {
    await this.#ended;
    return this.#child.exitCode;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#ended;
  }
}

const untilShows = (page: Page, selector: string, what: RegExp): Promise<unknown> =>
  until(async () => what.test((await page.textContent(selector)) ?? ''));

test('pnpm example lists what there is', async () => {
  await using example = new Example();
  expect(await example.output()).toMatch(/^ {2}cluster .*\n {2}browser /m);
  expect(await example.code()).toBe(0);
});

test.each([
  [['browser', '--prot', '80'], /^Unknown option '--prot'.*\n$/],
  [['browser', '--port', 'many'], /^--port takes a number from 0 to 65535, not "many"\.\n$/],
])('pnpm example %j says in a line what is wrong', async (args, what) => {
  await using example = new Example(...args);
  expect(await example.errors).toMatch(what);
  expect(await example.code()).toBe(1);
});

const identityOf = (data: string): Buffer => readFileSync(join(data, 'n1', 'identity'));

test('pnpm example browser --fresh spares the data of servers that run, and what is not theirs', async () => {
  const data = mkdtempSync(join(folder, 'fresh-'));
  writeFileSync(join(data, 'diary'), 'mine');
  const args = ['browser', '--no-open', '--data', data, '--port', '0'];
  {
    await using running = new Example(...args);
    await running.url();
    await using second = new Example(...args, '--fresh');
    expect(await second.errors).toMatch(/n1 is in use by another process/);
    expect(await second.code()).toBe(1);
    running.interrupt();
    expect(await running.code()).toBe(0);
  }
  const before = identityOf(data);
  await using third = new Example(...args, '--fresh');
  await third.url();
  expect(identityOf(data)).not.toEqual(before);
  expect(readdirSync(data).sort()).toEqual(['diary', 'n1', 'n2']);
  third.interrupt();
  expect(await third.code()).toBe(0);
});

test('pnpm example browser serves a page that is a member, ends when it is interrupted, and goes on where it ended', async (context) => {
  needBrowser(context);
  const args = ['browser', '--no-open', '--data', join(folder, 'servers')];
  await using browser = await launchBrowser(join(folder, 'profile'));
  let port = '';
  {
    await using example = new Example(...args, '--port', '0');
    const url = await example.url();
    port = new URL(url).port;
    const page = await browser.open(url);
    await untilShows(page, '#n1 p', /^(connected|leader)$/);
    await untilShows(page, '#facts', /leader(tab|n1|n2)/);
    await page.click('text=Add 25');
    await untilShows(page, '#outcome', /^Added 25: entry \d+ is committed, and made it 25\.$/);
    const answer = await fetch(`${url}add/5`, { method: 'POST' });
    expect(await answer.json()).toMatchObject({ outcome: 'committed', result: 30 });
    await untilShows(page, '#total', /^30$/);

    // The tab's vote is enough for the server that is left.
    await page.click('#n2 button');
    await untilShows(page, '#n2 p', /^not connected$/);
    await untilShows(page, '#facts', /leader(tab|n1)/);
    await page.click('text=Add 1');
    await untilShows(page, '#total', /^31$/);

    const second = await browser.open(url);
    await untilShows(second, '#notice', /^Another tab is this member already\./);
    await second.close();
    await page.close();
    example.interrupt();
    expect(await example.code()).toBe(0);
    expect(await example.errors).toBe('');
  }
  // The origin, and so the tab's storage, is that of the same port.
  await using again = new Example(...args, '--port', port);
  const page = await browser.open(await again.url());
  await untilShows(page, '#total', /^31$/);
  again.interrupt();
  expect(await again.code()).toBe(0);
  expect(await again.errors).toBe('');
});
