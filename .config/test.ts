import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runChecks } from './checks.ts';
import { addTotals, judgeRun, lastLine, type Totals, totalsFileVariable } from './totals.ts';

// The whole of `npm test`: the checks, each of which counts as one test, then every test in one run; the last line has the true totals.

// A terminal sends Ctrl-C to all of us: let the run end and clean up, then report.
process.on('SIGINT', () => undefined);

console.log('Checks');
const checks = await runChecks((line) => console.log(line));

const folder = mkdtempSync(join(tmpdir(), 'raft-test-'));
const totalsFile = join(folder, 'totals.json');
const child = spawn('vitest', ['run', '--config', '.config/vitest.config.ts', ...process.argv.slice(2)], {
  cwd: fileURLToPath(new URL('..', import.meta.url)),
  env: { ...process.env, [totalsFileVariable]: totalsFile },
  stdio: 'inherit',
});
process.on('SIGTERM', () => child.kill('SIGTERM'));
process.on('SIGHUP', () => child.kill('SIGTERM'));
await once(child, 'close');

const tests = judgeRun(readTotals(), child.exitCode);
rmSync(folder, { recursive: true });
if (checks.failed > 0) console.log(`${checks.failed} of the checks failed, see above: pnpm check`);
const totals = addTotals({ ...checks, skipped: 0 }, tests);
console.log(lastLine(totals));
process.exitCode = totals.failed > 0 ? 1 : 0;

function readTotals(): Totals | undefined {
  try {
    return JSON.parse(readFileSync(totalsFile, 'utf8')) as Totals;
  } catch {
    return undefined;
  }
}
