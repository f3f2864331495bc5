import { env } from 'node:process';
import { describe, expect, test } from 'vitest';
import { runScenario, runScenarios } from '../src/scenarios/run-scenarios.ts';
import { scenarios, waitingScenarios } from '../src/scenarios/table.ts';

// RAFT_SCENARIO_SEEDS=1000 runs each with so many seeds.
const seeds = Number(env['RAFT_SCENARIO_SEEDS'] ?? '2');

describe('the scenario', () => {
  for (const { name } of scenarios) {
    test(`${name} comes out as described`, { timeout: 600_000 }, async () => {
      for (let seed = 1; seed <= seeds; seed++) {
        await runScenario(name, { seed }).catch((error: unknown) => {
          throw new Error(`seed ${seed}`, { cause: error });
        });
      }
    });
  }
});

describe('the table of scenarios', () => {
  test('names each of them once', () => {
    const names = [...scenarios, ...waitingScenarios].map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
  });

  test('is asked by name, and tells of a name that it does not have', async () => {
    await expect(runScenario('no such thing')).rejects.toThrow('no scenario is called no such thing');
    const [run] = await runScenarios(['no such thing']);
    expect(run).toMatchObject({ name: 'no such thing', failure: expect.any(Error) });
  });

  test('runs the same history each time for a seed, and another one for another', async () => {
    const told = async (seed: number) =>
      JSON.stringify(await runScenarios(['backup', 'churn unreliable', 'state machine layer, restart'], { seed }));
    expect(await told(5)).toBe(await told(5));
    expect(await told(5)).not.toBe(await told(6));
  });
});
