import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { folderTrouble, reasonOf } from './data-folder.ts';

const folder = mkdtempSync(join(tmpdir(), 'raft-folder-'));
afterAll(() => rmSync(folder, { recursive: true }));

test('a folder that is there or can be made is no trouble', () => {
  expect(folderTrouble(folder)).toBeUndefined();
  expect(folderTrouble(join(folder, 'deep', 'er'))).toBeUndefined();
});

test('a file is no folder, nor has it any', () => {
  const file = join(folder, 'file');
  writeFileSync(file, '');
  for (const path of [file, join(file, 'sub')]) {
    expect(folderTrouble(path)).toBe(`${path}: not a folder. Another folder: npm start -- --data DIR`);
  }
});

test.runIf(process.platform === 'linux')('a file system that makes no folders is named, not waited for', () => {
  expect(folderTrouble('/proc/raft/data')).toMatch(/^\/proc\/raft\/data: no .*Another folder: /);
});

test.each([
  ['EACCES', 'no permission to write there'],
  ['EPERM', 'no permission to write there'],
  ['EROFS', 'the file system is read-only'],
  ['ENOENT', 'no folder can be made there'],
  ['ENOSPC', 'no space left on the device'],
  ['EIO', 'EIO: whatever'],
])('%s reads as a sentence', (code, sentence) => {
  expect(reasonOf(Object.assign(new Error(`${code}: whatever`), { code }))).toBe(sentence);
});
