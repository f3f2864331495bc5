import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

interface Check {
  readonly name: string;
  readonly command: readonly [string, ...string[]];
}

const checks: readonly Check[] = [
  { name: 'types', command: ['tsc', '-p', '.config/tsconfig.json'] },
  { name: 'types without a platform', command: ['tsc', '-p', '.config/tsconfig.platform-free.json'] },
  { name: 'types without Node', command: ['tsc', '-p', '.config/tsconfig.browser.json'] },
  { name: 'format and lint', command: ['biome', 'check', '--error-on-warnings', '--max-diagnostics=100', '.'] },
  { name: 'layers', command: ['depcruise', '--config', '.config/dependency-cruiser.cjs', 'packages', 'apps'] },
  { name: 'dead code', command: ['knip', '--no-config-hints'] },
];

/** Runs every check, the later ones too when one fails, and says how each went. Reads only. */
export async function runChecks(print: (line: string) => void): Promise<{ readonly passed: number; readonly failed: number }> {
  let failed = 0;
  for (const check of checks) {
    const began = performance.now();
    const { code, output } = await capture(check.command);
    const seconds = ((performance.now() - began) / 1000).toFixed(1);
    if (code === 0) {
      print(` ✓ ${check.name} (${seconds} s)`);
    } else {
      failed += 1;
      print(` ✗ ${check.name} (${seconds} s): ${check.command.join(' ')}\n\n${output.trimEnd()}\n`);
    }
  }
  return { passed: checks.length - failed, failed };
}

async function capture([command, ...args]: readonly [string, ...string[]]): Promise<{ code: number | null; output: string }> {
  const child = spawn(command, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
  const closed: Promise<unknown[]> = once(child, 'close');
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr), closed]);
  return { code: child.exitCode, output: `${out}${err}` };
}
