import { simulate } from '@raft/simulator';
import { counter } from './counter.ts';

const report = await simulate({
  stateMachine: counter,
  workload: { command: (draw) => Uint8Array.of(draw.between(1, 9)), query: () => undefined },
  seeds: [1, 20],
});
for (const { seed, invariant, message, trace } of report.failures) console.log(seed, invariant, message, trace);
console.log(`${report.seeds} seeds, ${report.failures.length} failures`); // 20 seeds, 0 failures
