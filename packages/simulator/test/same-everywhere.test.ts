import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { expect, test } from 'vitest';
import { launchBrowser, needBrowser } from '../../../.config/browser/browser.ts';
import { servePage } from '../../../.config/browser/serve-page.ts';
import { drawPlan } from '../src/index.ts';
import { type Level, levels } from '../src/world/plan.ts';
import { fingerprintsOf } from './fingerprint.ts';

/** Some of each level. */
const seeds = levels.flatMap((level: Level) =>
  Array.from({ length: 200 }, (_, seed) => seed + 1)
    .filter((seed) => drawPlan(seed).level === level)
    .slice(0, 4),
);

test('a seed has the same history in Node and in a browser', { timeout: 300_000 }, async (context) => {
  needBrowser(context);
  const profile = mkdtempSync(join(tmpdir(), 'raft-seeds-'));
  try {
    await using page = await servePage(new URL('./fixtures/seeds-page.ts', import.meta.url));
    await using browser = await launchBrowser(profile);
    const opened = await browser.open(page.url);
    await opened.waitForFunction('globalThis.fingerprintsOf');
    const there = await opened.evaluate(`globalThis.fingerprintsOf(${JSON.stringify(seeds)})`);
    expect(seeds).toHaveLength(12);
    expect(there).toEqual(await fingerprintsOf(seeds));
  } finally {
    rmSync(profile, { recursive: true, force: true });
  }
});

test('a seed has the same history in a worker', { timeout: 300_000 }, async () => {
  const program = `
    const { parentPort, workerData } = require('node:worker_threads');
    import(workerData.entry)
      .then(({ fingerprintsOf }) => fingerprintsOf(workerData.seeds))
      .then((found) => parentPort.postMessage(found));`;
  const entry = new URL('./fingerprint.ts', import.meta.url).href;
  const worker = new Worker(program, { eval: true, workerData: { entry, seeds } });
  const there = await new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject));
  await worker.terminate();
  expect(there).toEqual(await fingerprintsOf(seeds));
});
