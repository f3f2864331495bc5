import { LogPlan, TermOutline } from '@raft/core/storages';
import { expect, test } from 'vitest';
import { entriesOf } from '../test/log-folder.ts';
import { watched } from '../test/watched-disk.ts';
import { initialLogState } from './log-state.ts';
import { LogWriter } from './log-writer.ts';
import { planBatch } from './planned-batch.ts';
import { createSegment } from './segment-file.ts';

test('a batch whose promise was to be kept is settled, whatever goes wrong where its positions are noted', async () => {
  const { fileSystem } = watched();
  const segment = await createSegment(fileSystem, 1, 4096);
  const bug = new Error('a bug');
  const writer = new LogWriter({
    fileSystem,
    storageId: new Uint8Array(16).fill(1),
    segmentBytes: 4096,
    end: { segment, offset: 0, number: 0, checksum: 0, state: initialLogState },
    check: () => undefined,
    durable: ({ lastIndex }) => {
      if (lastIndex === 2) throw bug;
    },
    begun: () => undefined,
  });
  const plan = new LogPlan(new TermOutline(), undefined);
  const writes = [1, 2, 3].map((index) => writer.append(planBatch(plan, { entries: entriesOf(index, index) }, undefined)));
  const reasons = await Promise.all(writes.map((write) => write.catch((error: unknown) => error)));
  expect(reasons).toEqual([undefined, writer.failure, writer.failure]);
  expect(writer.failure).toMatchObject({ code: 'storageFailed', cause: bug });
  await writer.close();
});
