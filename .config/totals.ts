import { writeFileSync } from 'node:fs';
import type { Reporter, SerializedError, TestModule } from 'vitest/node';

/** What a run came to. */
export interface Totals {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** `312 passed, 0 failed`, and how many were skipped when any were. */
export function lastLine({ passed, failed, skipped }: Totals): string {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}

/** Sums runs up. */
export function addTotals(...all: readonly Totals[]): Totals {
  const sum = (part: keyof Totals) => all.reduce((total, totals) => total + totals[part], 0);
  return { passed: sum('passed'), failed: sum('failed'), skipped: sum('skipped') };
}

/**
 * A run as one saw it from inside and from outside. A run that found nothing to test, that died before it could say how it went, or
 * that ended badly although every test passed (an error outside of tests, a process that never ended) counts as one failure.
 */
export function judgeRun(inside: Totals | undefined, exitCode: number | null): Totals {
  if (inside === undefined) return { passed: 0, failed: 1, skipped: 0 };
  const bad = exitCode !== 0 || inside.passed + inside.failed === 0;
  return bad && inside.failed === 0 ? { ...inside, failed: 1 } : inside;
}

/** The environment variable that names the file for a run's totals; without it the reporter prints them. */
export const totalsFileVariable = 'RAFT_TEST_TOTALS';

/** Counts tests, files that could not be loaded and errors outside of tests, and prints why each skipped test was skipped. */
export const totalsReporter: Reporter = {
  onTestRunEnd(modules, unhandledErrors) {
    const { totals, notes } = tally(modules, unhandledErrors);
    for (const note of notes) console.log(note);
    const file = process.env[totalsFileVariable];
    if (file === undefined) console.log(lastLine(totals));
    else writeFileSync(file, JSON.stringify(totals));
  },
};

function tally(modules: readonly TestModule[], unhandledErrors: readonly SerializedError[]): { totals: Totals; notes: string[] } {
  const notes: string[] = [];
  let passed = 0;
  let failed = unhandledErrors.length;
  let skipped = 0;
  for (const module of modules) {
    let failedHere = 0;
    for (const test of module.children.allTests()) {
      const result = test.result();
      if (result.state === 'passed') passed += 1;
      else if (result.state === 'skipped' && result.note !== undefined) {
        skipped += 1;
        notes.push(`skipped: ${test.fullName}: ${result.note}`);
      } else {
        failedHere += 1;
        if (result.state === 'skipped') notes.push(`failed: ${test.fullName}: skipped without a reason, use context.skip('because …')`);
        else if (result.state === 'pending') notes.push(`failed: ${test.fullName}: never ended`);
      }
    }
    // A file that fails to load, or a hook that throws, fails the module without failing a test.
    if (failedHere === 0 && module.state() === 'failed') {
      failedHere = 1;
      notes.push(`failed: ${module.relativeModuleId}: an error outside of its tests`);
    }
    failed += failedHere;
  }
  return { totals: { passed, failed, skipped }, notes };
}
