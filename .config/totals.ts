import { writeFileSync } from 'node:fs';
import type { Reporter, TestModule } from 'vitest/node';

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
export function totalsReporter(): Reporter {
  let filtered = false;
  return {
    onInit(vitest) {
      filtered = vitest.config.testNamePattern !== undefined;
    },
    onTestRunEnd(modules, unhandledErrors) {
      const tallies = modules.map((module) => tally(module, filtered));
      for (const note of tallies.flatMap(({ notes }) => notes)) console.log(note);
      const outside = { passed: 0, failed: unhandledErrors.length, skipped: 0 };
      const totals = addTotals(outside, ...tallies.map((each) => each.totals));
      const file = process.env[totalsFileVariable];
      if (file === undefined) console.log(lastLine(totals));
      else writeFileSync(file, JSON.stringify(totals));
    },
  };
}

/** A skip needs a reason in words (`context.skip('because …')`), unless a filter on the command line left the test out. */
function tally(module: TestModule, filtered: boolean): { readonly totals: Totals; readonly notes: readonly string[] } {
  const notes: string[] = [];
  const totals = { passed: 0, failed: 0, skipped: 0 };
  let notRun = 0;
  for (const test of module.children.allTests()) {
    const result = test.result();
    if (result.state === 'passed') totals.passed += 1;
    else if (result.state === 'failed') totals.failed += 1;
    else if (result.state === 'skipped' && result.note !== undefined) {
      totals.skipped += 1;
      notes.push(`skipped: ${test.fullName}: ${result.note}`);
    } else if (result.state === 'pending' || !filtered) notRun += 1;
  }
  if (notRun > 0) notes.push(`failed: ${module.relativeModuleId}: ${notRun} of its tests did not run, and no reason was given`);
  totals.failed += notRun;
  // A file that does not load, or a hook that throws, fails the file without failing a test.
  if (totals.failed === 0 && module.state() === 'failed') {
    totals.failed = 1;
    notes.push(`failed: ${module.relativeModuleId}: an error outside of its tests`);
  }
  return { totals, notes };
}
