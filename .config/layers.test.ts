import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const cli = join(root, 'node_modules/dependency-cruiser/bin/dependency-cruiser.mjs');

interface Violation {
  readonly from: string;
  readonly rule: { readonly name: string };
}

function cruise(folder: string): {
  summary: { violations: Violation[]; totalCruised: number };
  modules: { source: string; dependencies: { resolved: string }[] }[];
} {
  const run = spawnSync(
    process.execPath,
    [cli, '--config', join(root, '.config/dependency-cruiser.cjs'), '--output-type', 'json', 'packages', 'apps'],
    {
      cwd: folder,
      encoding: 'utf8',
      maxBuffer: 64 * 1024 * 1024,
    },
  );
  expect(run.stderr).toBe('');
  return JSON.parse(run.stdout);
}

// Each file, what it imports, and the rules that it breaks.
const tree: readonly (readonly [path: string, imports: readonly string[], breaks: readonly string[]])[] = [
  ['packages/wire/src/index.ts', [], []],
  ['packages/wire/src/up.ts', ['../../core/src/index.ts'], ['wire-imports-leftwards']],
  ['packages/core/src/index.ts', ['../../wire/src/index.ts'], []],
  ['packages/core/src/node/raft-node.ts', ['../protocol/raft.ts'], []],
  ['packages/core/src/node/files.ts', ['node:fs'], ['runs-in-a-browser']],
  ['packages/core/src/node/up.ts', ['../../../storage-file/src/log.ts'], ['core-imports-leftwards', 'runs-in-a-browser']],
  ['packages/core/src/up.test.ts', ['../../storage-memory/src/index.ts'], ['core-imports-leftwards']],
  ['packages/core/src/one.ts', ['./two.ts'], ['no-cycles']],
  ['packages/core/src/two.ts', ['./one.ts'], []],
  ['packages/core/src/lost.ts', ['./nowhere.ts'], ['no-unresolved']],
  ['packages/core/src/raft.test.ts', ['node:fs', './protocol/raft.ts'], []],
  ['packages/core/src/tested.ts', ['./raft.test.ts'], ['no-test-code-in-sources', 'runs-in-a-browser']],
  ['packages/core/src/protocol/raft.ts', ['../../../wire/src/index.ts'], []],
  ['packages/core/src/protocol/impure.ts', ['../system-clock.ts'], ['protocol-is-pure', 'protocol-reaches-no-node-module']],
  ['packages/core/src/protocol/node.ts', ['../node/raft-node.ts'], ['protocol-is-pure', 'protocol-reaches-no-node-module']],
  ['packages/core/src/system-clock.ts', [], []],
  ['packages/conformance/src/index.ts', ['../../core/src/index.ts'], []],
  ['packages/conformance/src/up.ts', ['../../storage-memory/src/index.ts'], ['conformance-imports-leftwards']],
  ['packages/storage-memory/src/index.ts', ['../../core/src/index.ts'], []],
  ['packages/storage-memory/src/suite.test.ts', ['../../conformance/src/index.ts', './index.ts'], []],
  ['packages/storage-memory/src/suite.ts', ['../../conformance/src/index.ts'], ['conformance-and-simulator-are-for-tests']],
  ['packages/storage-memory/src/sideways.ts', ['../../transport-memory/src/index.ts'], ['no-adapter-to-adapter']],
  ['packages/storage-memory/src/sideways.test.ts', ['../../storage-file/src/index.ts'], ['no-adapter-to-adapter']],
  ['packages/transport-memory/src/index.ts', ['../../core/src/index.ts'], []],
  ['packages/transport-memory/src/up.ts', ['../../kv/src/index.ts'], ['adapters-imports-leftwards', 'runs-in-a-browser']],
  ['packages/storage-file/src/index.ts', ['./files.ts', './log.ts'], []],
  ['packages/storage-file/src/files.ts', ['node:fs'], []],
  ['packages/storage-file/src/log.ts', ['./deep.ts'], ['runs-in-a-browser']],
  ['packages/storage-file/src/deep.ts', ['./files.ts'], []],
  ['packages/transport-tcp/src/framing.ts', ['../../wire/src/index.ts'], []],
  ['packages/transport-tcp/src/index.ts', ['node:net', './framing.ts'], []],
  ['packages/simulator/src/index.ts', ['../../transport-tcp/src/framing.ts'], []],
  [
    'packages/simulator/src/heavy.ts',
    ['../../transport-tcp/src/index.ts'],
    ['simulator-takes-the-node-free-subpaths', 'runs-in-a-browser'],
  ],
  ['packages/simulator/src/cli/main.ts', ['node:fs', '../index.ts'], []],
  ['packages/kv/src/index.ts', ['../../storage-file/src/index.ts'], []],
  ['packages/kv/src/simulated.ts', ['../../simulator/src/index.ts'], ['conformance-and-simulator-are-for-tests']],
  ['packages/kv/src/up.ts', ['../../../apps/demo/src/demo.ts'], ['kv-imports-leftwards']],
  ['apps/demo/src/demo.ts', ['../../../packages/kv/src/index.ts'], []],
  ['apps/bench/src/main.ts', ['../../demo/src/demo.ts'], ['no-app-to-app']],
];

const folder = mkdtempSync(join(tmpdir(), 'raft-layers-'));
afterAll(() => rmSync(folder, { recursive: true }));

test('every layer rule finds its planted violation, and nothing else is found', () => {
  for (const [path, imports] of tree) {
    mkdirSync(join(folder, dirname(path)), { recursive: true });
    writeFileSync(join(folder, path), `${imports.map((target) => `import '${target}';\n`).join('')}export const here = '${path}';\n`);
  }
  const { violations } = cruise(folder).summary;
  const found = new Map<string, Set<string>>(tree.map(([path]) => [path, new Set()]));
  for (const { from, rule } of violations) found.get(from)?.add(rule.name);
  expect(Object.fromEntries([...found].map(([path, names]) => [path, [...names].sort()]))).toEqual(
    Object.fromEntries(tree.map(([path, , breaks]) => [path, [...breaks].sort()])),
  );
});

test('imports by package name are followed into their sources', () => {
  const errors = cruise(root).modules.find((module) => module.source === 'packages/core/src/errors.ts');
  expect(errors?.dependencies.map((dependency) => dependency.resolved)).toEqual(['packages/wire/src/index.ts']);
});
