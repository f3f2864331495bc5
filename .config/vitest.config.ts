import { existsSync, readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { LongTestsFirst } from './sequencer.ts';
import { totalsReporter } from './totals.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const include = ['src/**/*.test.ts', 'test/**/*.test.ts', 'zoo/**/*.test.ts'];

const workspaces = ['packages', 'apps'].flatMap((folder) =>
  readdirSync(new URL(`../${folder}`, import.meta.url))
    .map((name) => `${folder}/${name}`)
    .filter((path) => existsSync(new URL(`../${path}/package.json`, import.meta.url))),
);

export default defineConfig({
  root,
  test: {
    reporters: ['default', totalsReporter()],
    // No test asserts how long something takes; these end what hangs, on a slow machine too.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // One more than there are cores: some tests mostly wait for processes.
    maxWorkers: availableParallelism() + 1,
    maxConcurrency: 4,
    sequence: { sequencer: LongTestsFirst },
    passWithNoTests: false,
    globalSetup: [`${root}.config/browser/global-setup.ts`],
    projects: [
      ...workspaces.map((path) => ({ extends: true as const, test: { name: path, root: `${root}${path}`, include } })),
      { extends: true, test: { name: 'workspace', root: `${root}.config`, include: ['*.test.ts'] } },
    ],
  },
});
