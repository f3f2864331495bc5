import { describe, expect, test } from 'vitest';
import { batchHeaderBytes } from '../src/batch-codec.ts';
import { entriesOf, LogFolder } from './log-folder.ts';
import { seededRandom } from './random.ts';

const file = 'segment-0000000001';

/** Where batches begin, in order. */
function batchOffsets(bytes: Uint8Array): number[] {
  const offsets: number[] = [];
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  for (let at = 0; at + batchHeaderBytes < bytes.length && bytes[at] !== 0; at += view.getUint32(at + 40)) offsets.push(at);
  return offsets;
}

describe('a torn tail', () => {
  test('is cut at the torn batch, valid ones behind it included, and told with file, offset and indices', async () => {
    const folder = new LogFolder();
    const storage = folder.storage();
    await storage.open();
    await storage.write({ entries: entriesOf(1, 3) });
    // One group: its headers vouch for nothing in it.
    await Promise.all([4, 5, 6].map((index) => storage.write({ entries: entriesOf(index, index) })));
    const bytes = folder.bytes(file);
    const offsets = batchOffsets(bytes);
    // start, marker, write, marker, three writes, marker. Without the last marker nothing vouches for the three.
    expect(offsets).toHaveLength(8);
    bytes.fill(0, offsets[7]);
    const torn = offsets[5] ?? 0;
    bytes.fill(0xee, torn + batchHeaderBytes, torn + batchHeaderBytes + 20);
    const state = await folder.look();
    expect(state.log.lastIndex).toBe(4);
    expect(folder.events).toEqual([{ type: 'tornTailCut', file, offset: torn, firstIndex: 5, lastIndex: 6 }]);
    // A marker now vouches for what is left; behind it is nothing.
    expect(batchOffsets(bytes)).toEqual([...offsets.slice(0, 5), torn]);
    expect(
      folder
        .bytes(file)
        .subarray(torn + batchHeaderBytes)
        .every((byte) => byte === 0),
    ).toBe(true);
    expect((await folder.look()).log.lastIndex).toBe(4);
    expect(folder.events).toHaveLength(1);
  });

  test('goes as a whole when its first batch reads as zeros', async () => {
    const folder = new LogFolder();
    const storage = folder.storage();
    await storage.open();
    await storage.write({ entries: entriesOf(1, 3) });
    await Promise.all([4, 5].map((index) => storage.write({ entries: entriesOf(index, index) })));
    const bytes = folder.bytes(file);
    const offsets = batchOffsets(bytes);
    bytes.fill(0, offsets[6]);
    bytes.fill(0, offsets[4], offsets[5]);
    expect((await folder.look()).log.lastIndex).toBe(3);
    expect(folder.events).toMatchObject([{ type: 'tornTailCut', offset: offsets[4], firstIndex: 5, lastIndex: 5 }]);
  });

  test('is not made of a value that holds bytes of this very log', async () => {
    const folder = new LogFolder();
    const storage = folder.storage();
    await storage.open();
    await storage.write({ entries: entriesOf(1, 3) });
    await storage.write({ entries: entriesOf(4, 4) });
    // A value that is a copy of a header which vouches for all: torn, it must not turn its own batch into damage.
    const bytes = folder.bytes(file);
    const marker = batchOffsets(bytes).at(-1) ?? 0;
    const { encodeEntry } = await import('@raft/wire');
    const copy = bytes.slice(marker, marker + batchHeaderBytes);
    await storage.write({ entries: [encodeEntry({ index: 5, term: 1, kind: 'command', data: copy })] });
    const offsets = batchOffsets(bytes);
    const last = offsets.at(-2) ?? 0;
    bytes.fill(0, offsets.at(-1));
    bytes[last + 5] = 0x77;
    expect((await folder.look()).log.lastIndex).toBe(4);
  });

  test('is no tail at all when a batch is whole that nothing vouches for: it stays', async () => {
    const folder = new LogFolder();
    const storage = folder.storage();
    await storage.open();
    await storage.write({ entries: entriesOf(1, 3) });
    const bytes = folder.bytes(file);
    bytes.fill(0, batchOffsets(bytes).at(-1));
    expect((await folder.look()).log.lastIndex).toBe(3);
    expect(folder.events).toEqual([]);
  });

  test.each([0, 1000, 4096])('is not made of a next segment of %d zeros, which a crash left behind: it is removed', async (size) => {
    const folder = new LogFolder();
    const storage = folder.storage();
    await storage.open();
    await storage.write({ entries: entriesOf(1, 3) });
    folder.restore(folder.save().set('segment-0000000002', new Uint8Array(size)));
    expect((await folder.look()).log.lastIndex).toBe(3);
    expect(folder.events).toEqual([]);
    expect(folder.names).not.toContain('segment-0000000002');
  });
});

describe('whatever stands in the files', () => {
  test('open resolves or rejects with damaged, and says the same when it is asked again', async () => {
    for (let seed = 1; seed <= 150; seed += 1) {
      const random = seededRandom(seed);
      const folder = new LogFolder();
      const storage = folder.storage();
      await storage.open();
      for (let index = 1; index <= 24; index += 2) await storage.write({ entries: entriesOf(index, index + 1, 1, 150) });
      const names = folder.names.filter((name) => name.startsWith('segment'));
      for (let spot = random.below(4); spot >= 0; spot -= 1) {
        const bytes = folder.bytes(names[random.below(names.length)] ?? file);
        const from = random.below(bytes.length);
        const to = from + random.below(300);
        for (let at = from; at < Math.min(to, bytes.length); at += 1) bytes[at] = random.chance(0.5) ? 0 : random.below(256);
      }
      const outcome = () => folder.look().catch((error: { readonly code?: string }) => error.code);
      const found = await outcome();
      if (typeof found === 'string') expect(found, `seed ${seed}`).toBe('damaged');
      expect(await outcome(), `seed ${seed}`).toEqual(found);
    }
  });
});
