import { once } from 'node:events';
import { createServer } from 'node:http';
import { transportSuite } from '@raft/conformance';
import type { EventLog } from '@raft/core';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { type WsServerTransport, wsServerTransport } from './server.ts';

const smallQueue = { maxQueuedBytes: 100 * 1024 };

/** A place whose address is told even while nobody is there. */
function place(transport: WsServerTransport, at: string | undefined): { transport: WsServerTransport; address(): string } {
  let address = at ?? '';
  return {
    transport,
    address: () => {
      address = transport.address() ?? address;
      return address;
    },
  };
}

transportSuite({
  runner: { describe, test },
  name: 'wsServerTransport',
  createFixture: () => ({
    create: ({ log, at, hasSmallQueue }) =>
      place(wsServerTransport({ listen: at ?? 'ws://127.0.0.1:0/raft', log, ...(hasSmallQueue && smallQueue) }), at),
  }),
});

describe('sharing one HTTP server', () => {
  const server = createServer();
  let paths = 0;

  beforeAll(async () => {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  });

  afterAll(async () => {
    const closed = once(server, 'close');
    server.close();
    await closed;
  });

  const create = ({ log, at, hasSmallQueue }: { log: EventLog; at?: string; hasSmallQueue?: boolean }) => {
    paths += 1;
    const path = at === undefined ? `/raft/${paths}` : new URL(at).pathname;
    return place(wsServerTransport({ server, path, log, ...(hasSmallQueue && smallQueue) }), at);
  };

  transportSuite({ runner: { describe, test }, name: 'wsServerTransport, by paths,', createFixture: () => ({ create }) });
});
