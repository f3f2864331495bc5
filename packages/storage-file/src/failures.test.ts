import { expect, test } from 'vitest';
import { toRaftError } from './failures.ts';

function errno(code: string, path?: string): Error {
  return Object.assign(new Error(`${code}: raw words`), { code, ...(path !== undefined && { path }) });
}

test.each([
  [errno('EACCES', 'data/n2/lock'), 'permissionDenied', 'no permission to use data/n2/lock (EACCES)'],
  [errno('EPERM'), 'permissionDenied', 'no permission to use data/n2 (EPERM)'],
  [errno('EROFS', 'data/n2/lock'), 'permissionDenied', 'data/n2/lock is on a file system that can only be read (EROFS)'],
  [errno('ENOSPC'), 'noSpace', 'no space left for data/n2 (ENOSPC)'],
  [errno('EDQUOT'), 'noSpace', 'no space left for data/n2 (EDQUOT)'],
  [errno('EIO'), 'storageFailed', 'storage in data/n2 failed: EIO: raw words'],
  ['odd', 'storageFailed', 'storage in data/n2 failed: odd'],
])('what a file system threw becomes a sentence: %s', (thrown, code, message) => {
  expect(toRaftError(thrown, 'data/n2')).toMatchObject({ code, message, cause: thrown });
});
