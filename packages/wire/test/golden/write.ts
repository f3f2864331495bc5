// `pnpm --filter @raft/wire golden` writes the file of each sample that has none yet. It never changes one that is there: what was released
// must stay readable, so a changed format gets a new version and new samples. (Before the first release: delete the file first.)
import { existsSync, writeFileSync } from 'node:fs';
import { formatHex } from './hex.ts';
import { samples } from './samples.ts';

for (const { name, encode } of samples) {
  const file = new URL(`${name}.hex`, import.meta.url);
  if (existsSync(file)) continue;
  writeFileSync(file, formatHex(encode()));
  console.log(`wrote ${name}.hex`);
}
