import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { type Browser, launchBrowser, needBrowser } from '../../../.config/browser/browser.ts';
import { servePage } from '../../../.config/browser/serve-page.ts';
import { difference, emptyModel, lifeFrom, type Model, modelAfter, type Recovered } from './kill-model.ts';
import { type Life, markOf, type Step, stepsOf } from './kill-steps.ts';
import { seededRandom } from './random.ts';

const runs = Number(process.env['RAFT_KILL_RUNS'] ?? 20);
const seed = Number(process.env['RAFT_KILL_SEED'] ?? 1);
/** So many batches, at most, can have been acknowledged and not heard of. */
const maxUnheard = 2000;

/** Lets the page write until so many batches were heard to be durable, then kills it. Gives how many were heard in the end. */
async function killInMidWrite(page: Page, life: Life, wanted: number, kill: () => Promise<void>): Promise<number> {
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
  await kill();
  return heard;
}

/** Kills the processes of all pages; the browser stays. */
async function killPages(browser: Browser, page: Page): Promise<void> {
  const crashed = page.waitForEvent('crash');
  for (const pid of await browser.renderers()) process.kill(pid, 'SIGKILL');
  await crashed;
  await page.close();
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

/** Opens the page when the browser has seen that the one before is dead, and lets it recover. */
async function recover(browser: Browser, url: string): Promise<{ readonly page: Page; readonly recovered: Recovered }> {
  const page = await browser.open(url);
  await page.evaluate(async () => {
    const { held = [] } = await navigator.locks.query();
    for (const { name = '' } of held) await navigator.locks.request(name, () => undefined);
  });
  return { page, recovered: await page.evaluate(() => globalThis.recover()) };
}

/** Kills and recovers, all on one profile. Gives how many batches were acknowledged. */
async function killAgainAndAgain(profile: string, times: number, victim: 'browser' | 'pages'): Promise<number> {
  const random = seededRandom(seed);
  await using served = await servePage(new URL('./fixtures/kill-page.ts', import.meta.url));
  let browser = await launchBrowser(profile);
  let model = emptyModel;
  let life: Life | undefined;
  let acknowledged = 0;
  let total = 0;
  let run = 0;
  try {
    for (; ; run += 1) {
      const { page, recovered } = await recover(browser, served.url);
      model = modelFound(model, life, acknowledged, recovered);
      total += acknowledged;
      if (run === times) return total;
      life = lifeFrom(model, run, random(2 ** 31));
      const kill = victim === 'browser' ? () => browser.kill() : () => killPages(browser, page);
      acknowledged = await killInMidWrite(page, life, random(120), kill);
      if (victim === 'browser') browser = await launchBrowser(profile);
    }
  } catch (error) {
    throw new Error(`run ${run} of RAFT_KILL_SEED=${seed}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  } finally {
    await browser.close();
  }
}

describe.each([
  ['a browser', 'browser', runs],
  ['a tab', 'pages', Math.ceil(runs / 4)],
] as const)('%s', (_what, victim, times) => {
  const name = `killed ${times} times in mid-write loses nothing acknowledged and believes nothing half-written (RAFT_KILL_RUNS, RAFT_KILL_SEED)`;
  test(name, { timeout: 60_000 + 10_000 * times }, async (context) => {
    needBrowser(context);
    const profile = await mkdtemp(join(tmpdir(), 'raft-kill-'));
    try {
      expect(await killAgainAndAgain(profile, times, victim)).toBeGreaterThan(times * 10);
    } finally {
      await rm(profile, { recursive: true });
    }
  });
});
