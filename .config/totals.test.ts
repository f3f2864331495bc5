import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { addTotals, judgeRun, lastLine, totalsFileVariable } from './totals.ts';

const here = fileURLToPath(new URL('.', import.meta.url));
// Inside the workspace, so that the planted tests find vitest; no project takes tests from there.
const folder = mkdtempSync(join(here, '../node_modules/.totals-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Runs vitest over planted test files as `npm test` does, and returns what its last line would be. */
function judge(files: Readonly<Record<string, string>>): string {
  const place = mkdtempSync(join(folder, 'run-'));
  for (const [name, text] of Object.entries(files)) {
    writeFileSync(join(place, name), `import { beforeAll, expect, test } from 'vitest';\n${text}`);
  }
  const config = `import { totalsReporter } from ${JSON.stringify(join(here, 'totals.ts'))};
    export default { test: { reporters: [totalsReporter()], maxWorkers: 1 } };`;
  writeFileSync(join(place, 'vitest.config.ts'), config);
  const totalsFile = join(place, 'totals.json');
  const vitest = join(here, '../node_modules/vitest/vitest.mjs');
  const run = spawnSync(process.execPath, [vitest, 'run'], {
    cwd: place,
    encoding: 'utf8',
    env: { ...process.env, [totalsFileVariable]: totalsFile },
  });
  return lastLine(judgeRun(readTotals(totalsFile), run.status));
}

function readTotals(file: string): ReturnType<typeof addTotals> | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}

describe('the last line of a run', () => {
  const good = "test('a', () => expect(1).toBe(1));";

  test('has the totals of all files', () => {
    expect(judge({ 'a.test.ts': good, 'b.test.ts': `${good} test('b', () => expect(1).toBe(2));` })).toBe('2 passed, 1 failed');
  });

  test('counts skips that give a reason, and fails those that give none', () => {
    const skips = "test('b', (context) => context.skip('no disk')); test.skip('c', () => undefined);";
    expect(judge({ 'a.test.ts': good + skips })).toBe('1 passed, 1 failed, 1 skipped');
  });

  test('counts a file that does not load', () => {
    expect(judge({ 'a.test.ts': good, 'b.test.ts': "throw new Error('no');" })).toBe('1 passed, 1 failed');
  });

  test('counts the tests of a file whose hook failed', () => {
    expect(judge({ 'a.test.ts': `beforeAll(() => { throw new Error('no'); }); ${good}` })).toBe('0 passed, 1 failed');
  });

  test('counts an error outside of every test', () => {
    const late =
      "test('b', () => { setTimeout(() => { throw new Error('late'); }, 0); }); test('c', () => new Promise((r) => setTimeout(r, 50)));";
    expect(judge({ 'a.test.ts': late })).toBe('2 passed, 1 failed');
  });

  test('is a failure when there was nothing to test', () => {
    expect(judge({})).toMatch(/^0 passed, 1 failed/);
  });

  test('is a failure when the run broke off, or ended badly for a reason that no test knows', () => {
    expect(lastLine(judgeRun(undefined, 1))).toBe('0 passed, 1 failed');
    expect(lastLine(judgeRun({ passed: 3, failed: 0, skipped: 0 }, 1))).toBe('3 passed, 1 failed');
    expect(lastLine(judgeRun({ passed: 3, failed: 0, skipped: 0 }, null))).toBe('3 passed, 1 failed');
    expect(lastLine(judgeRun({ passed: 3, failed: 2, skipped: 0 }, 1))).toBe('3 passed, 2 failed');
  });

  test('sums up checks and tests', () => {
    expect(lastLine(addTotals({ passed: 4, failed: 0, skipped: 0 }, { passed: 300, failed: 0, skipped: 2 }))).toBe(
      '304 passed, 0 failed, 2 skipped',
    );
  });
});
