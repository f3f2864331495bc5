import { parentPort } from 'node:worker_threads';
import { runOne } from '../campaign/run-campaign.ts';
import type { SeedRange } from '../campaign/seed-ranges.ts';

// Runs the seeds that it is sent, range by range, and posts each one's result.
const port = parentPort;
if (port === null) throw new Error('this module is the worker of raft-sim; run main instead');
port.on('message', async ([first, last]: SeedRange) => {
  for (let seed = first; seed <= last; seed++) port.postMessage({ type: 'result', result: await runOne(seed) });
  port.postMessage({ type: 'idle' });
});
