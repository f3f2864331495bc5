import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

test('the sample in README.md runs, and finds the entry that it sent', () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  const [, sample = ''] = readme.match(/```ts\n(.*?)```/s) ?? [];
  expect(sample).toContain('decodeFrame');
  const program = `${sample}\nconsole.log(decoded.message.entries.map((entry) => Buffer.from(entryData(entry)).toString()));`;
  const output = execFileSync(process.execPath, ['--input-type=module-typescript', '--eval', program], {
    cwd: fileURLToPath(new URL('..', import.meta.url)),
    encoding: 'utf8',
  });
  expect(output).toBe("[ 'set x = 1' ]\n");
});
