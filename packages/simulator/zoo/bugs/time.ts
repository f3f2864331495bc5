import { type Bug, change, waiting } from '../bug.ts';

/** Time. */
export const time: readonly Bug[] = [
  {
    id: 'X01',
    name: 'a timer takes any delay, though the platform’s count in 32 bits',
    source: 'NuRaft 92fce2f',
    ...change(
      'packages/core/src/system-clock.ts',
      'Math.min(Math.max(Math.ceil(due - platform.performance.now()), 0), longestDelayMs)',
      'Math.max(Math.ceil(due - platform.performance.now()), 0)',
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
