import { logStorage } from '@raft/storage-file/log';
import { expect, test } from 'vitest';
import { findVouchedFor } from '../src/devices/rot.ts';
import { SimulatedDisk } from '../src/devices/simulated-disk.ts';
import { noFaults, noTimes, SimulatedFileSystem } from '../src/devices/simulated-file-system.ts';
import { Random } from '../src/world/random.ts';

/** A disk on which one write is durable, and the storage over it. */
async function written(seed: number) {
  const disk = new SimulatedDisk(new Random(seed, 'disk'));
  const fileSystem = new SimulatedFileSystem({ location: 'disk', disk, times: noTimes, faults: noFaults });
  const storageId = seed.toString(16).padStart(32, '0');
  const open = () => logStorage({ fileSystem, segmentBytes: 1024, storageId });
  const storage = open();
  await storage.open();
  await storage.write({ hardState: { currentTerm: seed, votedFor: null }, entries: [] });
  await storage.close();
  disk.cutPower(1);
  return { disk, open };
}

// A checksum in 256 ends in a zero, like the zeros behind it.
test('damage is told whatever the last header, which alone vouches for what is damaged, ends in', async () => {
  let ends = 0;
  for (let seed = 1; seed <= 1000; seed++) {
    const { disk, open } = await written(seed);
    const last = findVouchedFor(disk).at(-1);
    if (last === undefined) continue;
    const { inode, offset, length } = last;
    if (inode.disk[offset + length + 79] === 0) ends++;
    disk.flip(inode, offset + 30, 1);
    await expect(open().open(), `seed ${seed}`).rejects.toMatchObject({ code: 'damaged' });
  }
  expect(ends).toBeGreaterThan(0);
});
