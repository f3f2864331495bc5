import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Storage } from '@raft/core';
import { expect, test } from 'vitest';
import { launchBrowser, needBrowser } from '../../../.config/browser/browser.ts';
import { servePage } from '../../../.config/browser/serve-page.ts';

declare global {
  /** What the sample makes. */
  var sample: Storage;
}

test('the sample in README.md makes a storage that opens in a page', async (context) => {
  needBrowser(context);
  const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8');
  const [, sample = ''] = readme.match(/```ts\n(.*?)```/s) ?? [];
  expect(sample).toContain('indexedDbStorage');
  // Inside the package, which finds itself by its name there.
  const folder = await mkdtemp(fileURLToPath(new URL('../node_modules/.sample-', import.meta.url)));
  const profile = await mkdtemp(join(tmpdir(), 'raft-readme-'));
  try {
    await writeFile(join(folder, 'page.ts'), `${sample}\nglobalThis.sample = storage;`);
    await using served = await servePage(pathToFileURL(join(folder, 'page.ts')));
    await using browser = await launchBrowser(profile);
    const page = await browser.open(served.url);
    const { log } = await page.evaluate(() => globalThis.sample.open());
    expect(log.lastIndex).toBe(0);
  } finally {
    await rm(folder, { recursive: true });
    await rm(profile, { recursive: true });
  }
});
