import { type Bug, change, waiting } from '../bug.ts';

/** Time. */
export const time: readonly Bug[] = [
  {
    id: 'X01',
    name: 'a timer fires when the platform’s 32 bits are used up',
    source: 'NuRaft 92fce2f',
    ...change(
      'packages/core/src/system-clock.ts',
      'if (platform.performance.now() < due) handle = platform.setTimeout(fire, delayUntilDue());\n    else callback();',
      'callback();',
    ),
    caughtBy: { test: 'packages/core/src/system-clock.test.ts', name: 'waits out delays that a platform timer cannot hold' },
  },
  {
    id: 'X03',
    name: 'heartbeats wait behind the entries of a full window',
    source: 'hashicorp/raft 1e68495; sofa-jraft 9787367e',
    ...change(
      'packages/core/src/protocol/replication.ts',
      '    const urgent = progress.owesHeartbeat || progress.sentRound < leader.readRound;',
      '    const urgent = !progress.inflights.full && (progress.owesHeartbeat || progress.sentRound < leader.readRound);',
    ),
    caughtBy: { seeds: ['liveness'] },
  },
  waiting('X04', 'the ticks of many groups fall into step', 'many groups'),
];
