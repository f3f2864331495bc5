import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { runNode } from './child.ts';

/** What a test file said. */
export interface TestRun {
  readonly passed: readonly string[];
  readonly failed: readonly { readonly name: string; readonly message: string }[];
  /** It could not be loaded, or hung: nothing is known. */
  readonly broken?: string;
  readonly seconds: number;
}

interface Report {
  readonly testResults: readonly {
    readonly message: string;
    readonly assertionResults: readonly {
      readonly fullName: string;
      readonly status: string;
      readonly failureMessages: readonly string[];
    }[];
  }[];
}

const maxSeconds = 240;
/** A test that waits for what a bug keeps from happening need not wait for a minute. */
const testTimeoutMs = 30_000;

/** Runs one test file of a workspace. `name`: only the tests whose name holds this. */
export async function runTestFile(root: string, file: string, name: string | undefined): Promise<TestRun> {
  const project = file.split('/').slice(0, 2).join('/');
  const output = join(root, 'zoo-report.json');
  const began = performance.now();
  const args = [
    'run',
    '--config',
    '.config/vitest.config.ts',
    '--project',
    project,
    '--reporter',
    'json',
    '--outputFile',
    output,
    '--testTimeout',
    String(testTimeoutMs),
    file,
  ];
  if (name !== undefined) args.push('--testNamePattern', name.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  const ended = await runNode(root, ['node_modules/vitest/vitest.mjs', ...args], maxSeconds);
  const seconds = Math.round((performance.now() - began) / 100) / 10;
  const nothing = { passed: [], failed: [], seconds };
  if (ended.hung) return { ...nothing, broken: `${file} did not end within ${maxSeconds} s` };
  let report: Report;
  try {
    report = JSON.parse(readFileSync(output, 'utf8')) as Report;
  } catch {
    return { ...nothing, broken: `${file} was not run: ${ended.stderr.trim().split('\n').slice(0, 5).join(' ')}` };
  } finally {
    rmSync(output, { force: true });
  }
  const results = report.testResults.flatMap((result) => result.assertionResults);
  const failed = results.filter(({ status }) => status === 'failed');
  const passed = results.filter(({ status }) => status === 'passed');
  const unloaded = report.testResults.find((result) => result.assertionResults.length === 0 && result.message !== '');
  return {
    passed: passed.map((result) => result.fullName),
    failed: failed.map((result) => ({ name: result.fullName, message: result.failureMessages.join('\n') })),
    ...(unloaded === undefined ? {} : { broken: `${file} could not be loaded: ${unloaded.message.slice(0, 300)}` }),
    seconds,
  };
}
