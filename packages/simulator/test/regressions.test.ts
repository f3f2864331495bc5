import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parseReplay } from '../src/campaign/replay.ts';
import { runPlan } from '../src/campaign/run-seed.ts';

// Each of these failed once, in the way that it says; where its plan came from is told in the commit that brought it.
const folder = new URL('./fixtures/regressions/', import.meta.url);

test.each(readdirSync(folder))('%s does not happen again', async (name) => {
  const { plan } = parseReplay(readFileSync(new URL(name, folder), 'utf8'));
  expect((await runPlan(plan)).failure).toBeUndefined();
});
