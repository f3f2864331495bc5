import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { type Browser, launchBrowser, needBrowser } from '../../../.config/browser/browser.ts';
import { servePage } from '../../../.config/browser/serve-page.ts';
import { difference, emptyModel, lifeFrom, type Model, modelAfter, type Recovered } from './kill-model.ts';
import { type Life, markOf, type Step, stepsOf } from './kill-steps.ts';
import { seededRandom } from './random.ts';

const runs = Number(process.env['RAFT_KILL_RUNS'] ?? 20);
const seed = Number(process.env['RAFT_KILL_SEED'] ?? 1);
/** So many batches, at most, can have been acknowledged and not heard of. */
const maxUnheard = 2000;

/** Lets the page write until so many batches were heard to be durable, and kills it then. Gives how many were. */
async function killInMidWrite(browser: Browser, page: Page, life: Life, wanted: number): Promise<number> {
  let heard = 0;
  const enough = new Promise<void>((resolve, reject) => {
    const listen = (number: number) => {
      if (number !== heard + 1) reject(new Error(`batch ${number} was acknowledged behind batch ${heard}`));
      heard = number;
      if (heard >= wanted) resolve();
    };
    page.exposeFunction('acknowledged', listen).then(() => {
      const writing = page.evaluate((given) => globalThis.writeUntilKilled(given), life);
      writing.catch((error: unknown) => reject(error));
      if (wanted === 0) resolve();
    }, reject);
  });
  await enough;
  await browser.kill();
  return heard;
}

/** Finds how far the last life came, and checks all that is there against that. */
function modelFound(from: Model, life: Life | undefined, acknowledged: number, recovered: Recovered): Model {
  const mark = recovered.state.hardState.votedFor;
  const steps: Step[] = [];
  if (life && mark !== from.hardState.votedFor) {
    for (const step of stepsOf(life)) {
      steps.push(step);
      if (markOf(life.run, step.number) === mark) break;
      if (step.number > acknowledged + maxUnheard) throw new Error(`${mark} is no mark of run ${life.run}`);
    }
  }
  expect(steps.length, 'batches that are there, for those that were acknowledged').toBeGreaterThanOrEqual(acknowledged);
  const model = modelAfter(from, steps);
  expect(difference(model, recovered)).toBeUndefined();
  return model;
}

test(`a browser killed ${runs} times in mid-write loses nothing acknowledged and believes nothing half-written (RAFT_KILL_RUNS, RAFT_KILL_SEED)`, {
  timeout: 60_000 + 10_000 * runs,
}, async (context) => {
  needBrowser(context);
  const random = seededRandom(seed);
  const profile = await mkdtemp(join(tmpdir(), 'raft-kill-'));
  await using served = await servePage(new URL('./fixtures/kill-page.ts', import.meta.url));
  let model = emptyModel;
  let life: Life | undefined;
  let acknowledged = 0;
  let total = 0;
  for (let run = 0; run <= runs; run += 1) {
    const browser = await launchBrowser(profile);
    const page = await browser.open(served.url);
    const recovered = await page.evaluate(() => globalThis.recover());
    try {
      model = modelFound(model, life, acknowledged, recovered);
    } catch (error) {
      throw new Error(`run ${run} of RAFT_KILL_SEED=${seed}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
    }
    total += acknowledged;
    if (run === runs) await browser.close();
    else {
      life = lifeFrom(model, run, random(2 ** 31));
      acknowledged = await killInMidWrite(browser, page, life, random(120));
    }
  }
  expect(total).toBeGreaterThan(runs * 10);
  await rm(profile, { recursive: true });
});
