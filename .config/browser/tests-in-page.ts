import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, inject, test } from 'vitest';
import { type Browser, launchBrowser, needBrowser } from './browser.ts';
import type { DeclareTests } from './page-tests.ts';
import { type ServedPage, servePage } from './serve-page.ts';

/**
 * Runs tests in a page, each under its name here. `declare` is called here for the names alone; `page` is a program that calls
 * `exposeTests` with the same function.
 */
export function testsInPage(options: { readonly page: URL; readonly declare: DeclareTests }): void {
  let served: ServedPage | undefined;
  let browser: Browser | undefined;
  let page: Page | undefined;
  let profile = '';
  beforeAll(async () => {
    if ('missing' in inject('browser')) return;
    profile = mkdtempSync(join(tmpdir(), 'raft-profile-'));
    served = await servePage(options.page);
    browser = await launchBrowser(profile);
    page = await browser.open(served.url);
  });
  afterAll(async () => {
    await browser?.close();
    await served?.close();
    if (profile !== '') rmSync(profile, { recursive: true });
  });
  let path: readonly string[] = [];
  options.declare({
    describe: (name, body) => {
      const inner = [...path, name];
      // Vitest runs a nested body when the one around it has ended.
      describe(name, () => {
        const outer = path;
        path = inner;
        body();
        path = outer;
      });
    },
    test: (name) => {
      const fullName = [...path, name].join(' > ');
      test(name, async (context) => {
        needBrowser(context);
        const failure = await page?.evaluate((wanted) => globalThis.runTest(wanted), fullName);
        if (failure !== undefined) throw new Error(failure);
      });
    },
  });
}
