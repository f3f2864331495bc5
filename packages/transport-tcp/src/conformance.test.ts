import { transportSuite } from '@raft/conformance';
import { describe, test } from 'vitest';
import { tcpTransport } from './index.ts';

transportSuite({
  runner: { describe, test },
  name: 'tcpTransport',
  createFixture: () => ({
    create: ({ log, at, hasSmallQueue }) => {
      const transport = tcpTransport({ listen: at ?? 'tcp://127.0.0.1:0', log, ...(hasSmallQueue && { maxQueuedBytes: 100 * 1024 }) });
      let address = at ?? '';
      return {
        transport,
        address: () => {
          address = transport.address() ?? address;
          return address;
        },
      };
    },
  }),
});
