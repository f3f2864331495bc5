import { describe, expect, test } from 'vitest';
import type { Fault } from './crash-disk.ts';
import { runHistory } from './crash-history.ts';

// Each history can be run again alone: RAFT_CRASH_SEED=n and RAFT_CRASH_CALL=n.

const scripts = 3;
/** How often each call is hit, with another choice of what survives each time. */
const drawsPerCall = Number(process.env['RAFT_CRASH_DRAWS'] ?? 3);
const onlySeed = process.env['RAFT_CRASH_SEED'];
const onlyCall = process.env['RAFT_CRASH_CALL'];

interface Script {
  readonly kind: Fault['kind'];
  /** Seeds are counted from here. */
  readonly seeds: number;
  readonly draws: number;
  readonly steps: number;
  /** Later calls are not hit. */
  readonly maxCall?: number;
}

async function hitEachCall({ kind, seeds, draws, steps, maxCall = Number.POSITIVE_INFINITY }: Script): Promise<void> {
  for (let seed = seeds; seed < seeds + draws; seed += 1) {
    if (onlySeed !== undefined && Number(onlySeed) !== seed) continue;
    const calls = Math.min(maxCall, await runHistory({ seed, steps }));
    expect(calls).toBeGreaterThan(15);
    for (let call = 1; call <= calls; call += 1) {
      if (onlyCall !== undefined && Number(onlyCall) !== call) continue;
      await runHistory({ seed, steps, fault: { call, kind } }).catch((error: unknown) => {
        throw new Error(`RAFT_CRASH_SEED=${seed} RAFT_CRASH_CALL=${call} (${kind}): ${String(error)}`, { cause: error });
      });
    }
  }
}

describe('nothing resolved is lost and nothing invented', () => {
  for (let script = 1; script <= scripts; script += 1) {
    const seeds = script * 1000;

    test(`by a death at any call, with or without a loss of power, of script ${script}`, { timeout: 120_000 }, async () => {
      await hitEachCall({ kind: 'die', seeds, draws: drawsPerCall, steps: 40 });
    });

    test(`by a call that fails, a sync above all, of script ${script}`, { timeout: 120_000 }, async () => {
      await hitEachCall({ kind: 'fail', seeds, draws: drawsPerCall, steps: 40 });
    });
  }

  test('by a death at any moment of the very first start', { timeout: 120_000 }, async () => {
    await hitEachCall({ kind: 'die', seeds: 100_000, draws: 30 * drawsPerCall, steps: 4, maxCall: 20 });
  });
});
