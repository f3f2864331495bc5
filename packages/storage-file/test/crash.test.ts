import { describe, expect, test } from 'vitest';
import type { Fault } from './crash-disk.ts';
import { runHistory } from './crash-history.ts';

// Each history can be run again alone: RAFT_CRASH_SEED=n and RAFT_CRASH_CALL=n.

const steps = 40;
const scripts = 3;
/** How often each call is hit, with another choice of what survives each time. */
const drawsPerCall = Number(process.env['RAFT_CRASH_DRAWS'] ?? 4);
const onlySeed = process.env['RAFT_CRASH_SEED'];
const onlyCall = process.env['RAFT_CRASH_CALL'];

async function hitEachCall(kind: Fault['kind'], script: number): Promise<number> {
  let histories = 0;
  for (let draw = 0; draw < drawsPerCall; draw += 1) {
    const seed = script * 1000 + draw;
    if (onlySeed !== undefined && Number(onlySeed) !== seed) continue;
    const calls = await runHistory({ seed, steps });
    expect(calls).toBeGreaterThan(50);
    for (let call = 1; call <= calls; call += 1) {
      if (onlyCall !== undefined && Number(onlyCall) !== call) continue;
      histories += 1;
      await runHistory({ seed, steps, fault: { call, kind } }).catch((error: unknown) => {
        throw new Error(`RAFT_CRASH_SEED=${seed} RAFT_CRASH_CALL=${call} (${kind}): ${String(error)}`, { cause: error });
      });
    }
  }
  return histories;
}

describe('nothing resolved is lost and nothing invented', () => {
  for (let script = 1; script <= scripts; script += 1) {
    test(`by a death at any call, with or without a loss of power, of script ${script}`, { timeout: 120_000 }, async () => {
      await hitEachCall('die', script);
    });

    test(`by a call that fails, a sync above all, of script ${script}`, { timeout: 120_000 }, async () => {
      await hitEachCall('fail', script);
    });
  }
});
