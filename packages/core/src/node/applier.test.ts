import { type Bytes, encodeEntry, encodeUtf8, type SnapshotMeta } from '@raft/wire';
import { expect, test } from 'vitest';
import type { Clock } from '../clock.ts';
import { Applier } from './applier.ts';
import { Tasks } from './tasks.ts';

const metaOf = (lastIncludedIndex: number): SnapshotMeta => ({
  lastIncludedIndex,
  lastIncludedTerm: 1,
  configuration: { voters: [{ id: 'n1', storageId: '0'.repeat(32) }] },
  configurationIndex: 1,
});

const clock: Clock = {
  now: () => 0,
  setTimer: () => ({ cancel: () => undefined }),
  defer: (callback) => void setImmediate(callback),
  random: () => 0,
};

/** An applier over a storage whose current snapshot the test sets. */
function makeApplier(current: { meta: SnapshotMeta | undefined }) {
  const applied: number[] = [];
  const failures: unknown[] = [];
  const tasks = new Tasks((error) => void failures.push(error));
  const openSnapshot = async () => {
    if (current.meta === undefined) return undefined;
    const { meta } = current;
    return { meta, size: 1, read: async (): Promise<Bytes> => encodeUtf8('x'), [Symbol.asyncDispose]: async () => undefined };
  };
  const applier = new Applier<undefined>(
    {
      clock,
      storage: { openSnapshot, readEntries: async () => [] },
      stateMachine: {
        apply: () => undefined,
        restore: async (chunks) => {
          for await (const _ of chunks);
        },
      },
      tasks,
      sliceMs: 5,
      readBytes: 1000,
      chunkBytes: 10,
      applied: (index) => void applied.push(index),
      restored: ({ lastIncludedIndex }) => void applied.push(-lastIncludedIndex),
      progressed: () => undefined,
      quiet: () => undefined,
    },
    { lastApplied: 0, lastAppliedTerm: 0, configuration: undefined, configurationIndex: 0 },
  );
  const entryAt = (index: number) => encodeEntry({ index, term: 1, kind: 'command', data: encodeUtf8('c') });
  const commit = (index: number) => applier.commit({ from: index, to: index, entries: [entryAt(index)] });
  const settled = async () => {
    await new Promise((resolve) => setImmediate(resolve));
    await tasks.settled();
    expect(failures).toEqual([]);
  };
  return { applier, applied, commit, settled };
}

test('the newest of several snapshots that became current in one moment is restored', async () => {
  const current: { meta: SnapshotMeta | undefined } = { meta: undefined };
  const { applier, applied, settled } = makeApplier(current);
  // A stalled disk: three writes end at once, each with a snapshot in it.
  const durable = [254, 260, 270].map((index) => applier.restore(metaOf(index)));
  current.meta = metaOf(270);
  for (const act of durable) act();
  await settled();
  expect(applied).toEqual([-270]);
});

test('what is committed in the moment in which a superseded snapshot became current is applied', async () => {
  const { applier, applied, commit, settled } = makeApplier({ meta: metaOf(2) });
  const superseded = applier.restore(metaOf(1));
  const durable = applier.restore(metaOf(2));
  superseded();
  durable();
  commit(3);
  await settled();
  expect(applied).toEqual([-2, 3]);
});
