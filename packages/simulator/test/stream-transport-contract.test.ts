import { transportSuite } from '@raft/conformance';
import { describe, test } from 'vitest';
import { limitsFor, streamTransport } from '../src/devices/stream-transport.ts';
import { StreamNetwork, streamAddress } from '../src/devices/streams.ts';
import { ProcessLife } from '../src/nodes/process-life.ts';
import { MachineClock, SimClock } from '../src/nodes/sim-clock.ts';
import { Random } from '../src/world/random.ts';
import { PumpedQueue } from './pumped.ts';

let worlds = 0;

transportSuite({
  runner: { describe, test },
  name: 'streamTransport',
  createFixture: () => {
    worlds += 1;
    const seed = worlds;
    const queue = new PumpedQueue();
    const network = new StreamNetwork({ queue, seed, latency: 500, timeout: 100_000 });
    let machines = 0;
    return {
      create: ({ log, at, hasSmallQueue }) => {
        machines += 1;
        const machine = at === undefined ? machines : Number(at.split('/').at(-1));
        const life = new ProcessLife(queue);
        const clock = new SimClock({
          queue,
          life,
          machine: new MachineClock(queue, { rate: 1, startMs: 0 }),
          random: new Random(seed, `clock ${machines}`),
          turnDelay: () => 0,
          turned: () => undefined,
        });
        const more = hasSmallQueue ? { maxQueuedBytes: 100 * 1024 } : {};
        const { transport } = streamTransport({ network, machine, life, clock, log, ...limitsFor(200), ...more });
        return { transport, address: () => streamAddress(machine) };
      },
    };
  },
});
