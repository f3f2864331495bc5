import { describe, expect, test } from 'vitest';
import { transportSuite } from '../src/index.ts';
import { SmallNetwork, SmallTransport, type TransportFault, transportFaults } from './mutants/broken-transport.ts';
import { recorder } from './recorder.ts';

async function run(options: {
  readonly fault?: TransportFault;
  readonly patienceMs: number;
  readonly onlyFirst: boolean;
}): Promise<string[]> {
  const runner = recorder();
  transportSuite({
    runner,
    name: 'SmallTransport',
    patienceMs: options.patienceMs,
    createFixture: () => {
      const network = new SmallNetwork();
      return {
        create: ({ id, log, hasSmallQueue }) => {
          const transport = new SmallTransport({ network, id, log, fault: options.fault, maxQueued: hasSmallQueue ? 100 : 100_000 });
          return { transport, address: () => `small:${id}` };
        },
      };
    },
  });
  return runner.run(options);
}

describe('transportSuite', () => {
  test('passes a transport that keeps the contract', async () => {
    expect(await run({ patienceMs: 10_000, onlyFirst: false })).toEqual([]);
  });

  // What never comes is waited for in vain: briefly, since all of it happens in one process.
  test.concurrent.each(transportFaults)('fails a transport that %s', async (fault) => {
    expect(await run({ fault, patienceMs: 200, onlyFirst: true })).not.toEqual([]);
  });
});
