import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { measureBundle } from './size-of-bundle.ts';
import { sizeReport } from './size-report.ts';

const here = fileURLToPath(new URL('.', import.meta.url));

test('a member in a tab needs nothing of Node and keeps within its budget', async () => {
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [`${here}size.ts`]);
  expect(stderr).toBe('');
  expect(stdout).toMatch(/^@raft\/core {2,}[\d,]+ +[\d,]+ +[\d,]+\n\+ @raft\/storage-indexeddb .*\n\+ @raft\/transport-ws /m);
  expect(stdout).toMatch(/of which, minified: .*zod \d+ %/);
});

test('a bundle above its budget is told, with by how much', async () => {
  const { trouble } = await sizeReport({ budgetBytes: 1000 });
  expect(trouble).toMatch(/^[\d,]+ bytes, [\d,]+ above the budget$/);
});

test.each(['node:fs', 'fs', 'fs/promises', 'node:sqlite'])('a bundle that reaches %s is refused', async (builtin) => {
  await expect(measureBundle(`import * as found from '${builtin}'; console.log(found);`, here)).rejects.toThrow(`imports ${builtin}`);
});

test('the module that reaches for Node is named, however deep it stands', async () => {
  const program = "export * from '../packages/storage-file/src/index.ts';";
  await expect(measureBundle(program, here)).rejects.toThrow(/storage-file\/src\/[\w-]+\.ts imports node:\w+/);
});
