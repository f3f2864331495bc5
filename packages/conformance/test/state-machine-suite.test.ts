import { encodeUtf8 } from '@raft/wire';
import { describe, expect, test } from 'vitest';
import { stateMachineSuite } from '../src/index.ts';
import { type StateMachineFault, stateMachineFaults, wordBook } from './mutants/broken-state-machine.ts';
import { recorder } from './recorder.ts';

const keys = Array.from({ length: 12 }, (_, index) => `k${index}`);
const commands = [
  ...keys.map((key) => `add ${key} first`),
  'add k0 again',
  ...keys.slice(4).map((key, index) => `set ${key} second${index}`),
  'add k12 late',
  'add k12 later',
].map((text) => encodeUtf8(text));

async function run(fault?: StateMachineFault, hasQueries = true): Promise<string[]> {
  const runner = recorder();
  stateMachineSuite({
    runner,
    name: 'wordBook',
    create: () => wordBook(fault),
    commands,
    ...(hasQueries && { queries: [...keys, 'k12'] }),
  });
  return runner.run();
}

describe('stateMachineSuite', () => {
  test('passes a machine that keeps the contract, with queries and without', async () => {
    expect(await run()).toEqual([]);
    expect(await run(undefined, false)).toEqual([]);
  });

  test.each(stateMachineFaults)('fails a machine whose %s', async (fault) => {
    expect(await run(fault)).not.toEqual([]);
  });
});
