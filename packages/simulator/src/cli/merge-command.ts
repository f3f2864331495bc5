import { judge } from '../campaign/judge.ts';
import { mergeSummaries, parseSummary, SummaryError } from '../campaign/merge.ts';
import type { Summary } from '../campaign/summary.ts';
import { type ExitCode, exitCodes, UsageError } from './exit-codes.ts';
import { readJson, writeJson } from './files.ts';
import { reportOf } from './report.ts';
import { lookOf } from './text.ts';

/** Adds the parts of a campaign up, prints the whole and judges it. */
export function mergeCommand(files: readonly string[], flags: { readonly json?: string }): ExitCode {
  const parts = files.map(readSummary);
  const whole = merged(parts);
  if (flags.json !== undefined) writeJson(flags.json, whole);
  const verdict = judge(whole);
  process.stdout.write(`${reportOf(whole, verdict, lookOf(process.stdout)).join('\n')}\n`);
  return verdict.passed ? exitCodes.ok : exitCodes.failed;
}

function merged(parts: readonly Summary[]): Summary {
  try {
    return mergeSummaries(parts);
  } catch (error) {
    throw error instanceof SummaryError ? new UsageError(`these parts don't make up a campaign: ${error.message}`) : error;
  }
}

function readSummary(path: string): Summary {
  try {
    return parseSummary(readJson(path));
  } catch (error) {
    throw error instanceof SummaryError ? new UsageError(`${path}: ${error.message}`) : error;
  }
}
