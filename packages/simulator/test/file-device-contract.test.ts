import { storageSuite } from '@raft/conformance';
import { describe, test } from 'vitest';
import { FileDevice } from '../src/devices/file-device.ts';
import { ProcessLife } from '../src/nodes/process-life.ts';
import { Random } from '../src/world/random.ts';
import { PumpedQueue } from './pumped.ts';

let disks = 0;

storageSuite({
  runner: { describe, test },
  create: () => {
    disks += 1;
    const queue = new PumpedQueue();
    const storageId = disks.toString(16).padStart(32, '0');
    const device = new FileDevice({ storageId, queue, random: new Random(disks, 'disk'), latency: 1000, segmentBytes: 4096 });
    return { storage: () => device.attach(new ProcessLife(queue)) };
  },
  supports: { lock: false },
});
