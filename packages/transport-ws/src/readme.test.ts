import { readFileSync } from 'node:fs';
import { parseConnectionLimits } from '@raft/core/connections';
import { expect, test } from 'vitest';

test('the README tells the default of each limit', () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  const rows = [...readme.matchAll(/^\| `(\w+)` \| (\d+) \|/gm)].map(([, name, value]) => [name, Number(value)]);
  expect(Object.fromEntries(rows)).toEqual(parseConnectionLimits({}));
});
