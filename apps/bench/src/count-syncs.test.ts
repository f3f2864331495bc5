import fs, { closeSync, fdatasyncSync, openSync } from 'node:fs';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { countSyncs } from './count-syncs.ts';

test('syncs are counted, whichever of the ways a program takes, and nothing else is', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'raft-bench-test-'));
  try {
    const count = await countSyncs();
    await using handle = await open(join(directory, 'a'), 'w');
    await handle.write('text');
    expect(count()).toBe(0);
    await handle.datasync();
    await handle.sync();
    expect(count()).toBe(2);
    const descriptor = openSync(join(directory, 'b'), 'w');
    fdatasyncSync(descriptor);
    await promisify(fs.fsync)(descriptor);
    closeSync(descriptor);
    expect(count()).toBe(4);
  } finally {
    await rm(directory, { recursive: true });
  }
});
