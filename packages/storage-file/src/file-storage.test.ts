import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { storageSuite } from '@raft/conformance';
import { describe, test } from 'vitest';
import { fileStorage } from './file-storage.ts';

for (const segmentBytes of [undefined, 8192]) {
  describe(segmentBytes === undefined ? 'file storage' : 'file storage in small segments', () => {
    storageSuite({
      runner: { describe, test },
      create: async () => {
        const directory = await mkdtemp(join(tmpdir(), 'raft-storage-'));
        return {
          storage: () => fileStorage({ directory: join(directory, 'n1'), ...(segmentBytes === undefined ? {} : { segmentBytes }) }),
          dispose: () => rm(directory, { recursive: true }),
        };
      },
      supports: { lock: true },
    });
  });
}
