import { writeSync } from 'node:fs';
import { fileStorage } from '../src/file-storage.ts';
import { askedBatches, batchOf } from './kill-batch.ts';
import { seededRandom } from './random.ts';

// Writes until it is killed. Tells each batch before it asks for it, and its number once it has resolved.

const [directory = '', seed = '0'] = process.argv.slice(2);
const tell = (line: unknown) => writeSync(1, `${JSON.stringify(line)}\n`);

tell('started');
const storage = fileStorage({ directory, segmentBytes: 256 * 1024 });
const state = await storage.open();
tell('open');
const random = seededRandom(Number(seed));
const underWay = new Set<Promise<void>>();
for (const asked of askedBatches(state, random)) {
  tell(asked);
  const write = storage.write(batchOf(asked)).then(() => {
    underWay.delete(write);
    tell(asked.number);
  });
  underWay.add(write);
  if (underWay.size > random.below(30)) await Promise.race(underWay);
}
