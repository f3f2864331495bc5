import { writeSync } from 'node:fs';
import { fileStorage } from '../src/file-storage.ts';

// Opens the folder, tells how that went, and holds it until it is killed or told to collect garbage and go on.

const [directory = ''] = process.argv.slice(2);
const storage = fileStorage({ directory });
const outcome = await storage.open().then(
  () => 'open',
  (error: unknown) => (error as { code?: string }).code ?? String(error),
);
writeSync(1, `${outcome}\n`);
if (outcome !== 'open') process.exit(0);
const { gc } = globalThis as { gc?: () => void };
process.stdin.on('data', async () => {
  for (let round = 0; round < 5; round += 1) {
    gc?.();
    // Finalizers run in a later turn.
    await new Promise(setImmediate);
  }
  writeSync(1, gc ? 'collected\n' : 'no gc\n');
});
process.stdin.on('end', () => storage.close());
