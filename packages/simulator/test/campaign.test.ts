import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const cli = fileURLToPath(new URL('../src/cli/main.ts', import.meta.url));

// RAFT_SEEDS=1..100000 runs others. The command judges: no violation, seeds that are not trivial, every mark reached.
const seeds = process.env['RAFT_SEEDS'] ?? '1..1000';

test(`no history of the seeds ${seeds} breaks an invariant, and they go everywhere`, { timeout: 1_200_000 }, async () => {
  const child = spawn(process.execPath, [cli, '--seeds', seeds], { stdio: ['ignore', 'pipe', 'pipe'] });
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  expect(child.exitCode, `${out}\n${err}`).toBe(0);
});
