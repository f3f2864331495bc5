import { type TransportFixture, transportSuite } from '@raft/conformance';
import { describe, test } from 'vitest';
import { memoryNetwork } from './index.ts';

for (const encode of [true, false]) {
  transportSuite({
    runner: { describe, test },
    name: encode ? 'memoryNetwork' : 'memoryNetwork that does not encode',
    createFixture: () => fixture(encode),
  });
}

function fixture(encode: boolean): TransportFixture {
  // A bound on a network is one for all of its nodes: the suite makes its node with a small queue first.
  let network: ReturnType<typeof memoryNetwork> | undefined;
  return {
    create: ({ id, log, hasSmallQueue }) => {
      network ??= memoryNetwork({ encode, maxQueuedMessages: hasSmallQueue ? 100 : 100_000 });
      return { transport: network.transport({ id, log }), address: () => `memory:${id}` };
    },
  };
}
