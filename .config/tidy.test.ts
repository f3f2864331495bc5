import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { rules, type TrackedFile } from './tidy.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const isText = /(\.(ts|mjs|cjs|json|jsonc|md|yaml|yml|hex)|\/run|LICENSE|\.git[a-z]+|\.editorconfig)$/;

/** What git tracks or would track; without git (a downloaded archive) there is nothing to hold against a rule. */
const files: TrackedFile[] = execFileSync(
  'git',
  ['-c', 'safe.directory=*', 'ls-files', '--cached', '--others', '--exclude-standard', '-z'],
  {
    cwd: root,
    encoding: 'utf8',
  },
)
  .split('\0')
  .filter((path) => path !== '' && existsSync(join(root, path)))
  .map((path) => ({ path, text: isText.test(path) ? readFileSync(join(root, path), 'utf8') : '' }));

describe('the tree', () => {
  test('is seen by these rules', () => {
    const paths = files.map((file) => file.path);
    expect(paths).toContain('package.json');
    expect(paths).toContain('packages/core/src/protocol/raft.ts');
    expect(files.find((file) => file.path === 'pnpm-lock.yaml')?.text).toContain('integrity');
  });

  test.each(Object.entries(rules))('keeps the rule %s', (_name, rule) => {
    expect(files.flatMap(rule)).toEqual([]);
  });
});

/** Relative links of Markdown files that lead nowhere. */
function deadLinks({ path, text }: TrackedFile): string[] {
  if (!path.endsWith('.md')) return [];
  const targets = [...text.matchAll(/\]\((?!\w+:|#)([^)#\s]+)/g)].map((match) => match[1] ?? '');
  return targets.filter((target) => !existsSync(join(root, dirname(path), target))).map((target) => `${path}: ${target}`);
}

test('links between documents lead somewhere', () => {
  expect(deadLinks({ path: 'README.md', text: '[a](LICENSE) [b](nowhere.md#x) [c](https://example.com) [d](#e)' })).toEqual([
    'README.md: nowhere.md',
  ]);
  expect(files.flatMap(deadLinks)).toEqual([]);
});

const planted: readonly (readonly [rule: string, path: string, text: string])[] = [
  ['topLevelIsShort', 'vitest.config.ts', ''],
  ['topLevelIsShort', 'docs/guide.md', ''],
  ['namesAreKebabCase', 'packages/core/src/raftNode.ts', ''],
  ['namesAreKebabCase', 'packages/Core/src/raft.ts', ''],
  ['filesAreShort', 'packages/core/src/raft.ts', '\n'.repeat(451)],
  ['protocolIsPure', 'packages/core/src/protocol/raft.ts', "import { readFile } from 'node:fs';"],
  ['protocolIsPure', 'packages/core/src/protocol/raft.ts', "const fs = await import('fs');"],
  ['protocolIsPure', 'packages/core/src/protocol/raft.ts', "import * as z from 'zod';"],
  ['protocolIsPure', 'packages/core/src/protocol/raft.ts', 'function f(): Promise<void> {}'],
  ['protocolIsPure', 'packages/core/src/protocol/raft.ts', 'async function f() {}'],
  ['protocolIsPure', 'packages/core/src/protocol/raft.ts', 'const now = Date.now(); // now'],
  ['protocolIsPure', 'packages/core/src/protocol/raft.ts', 'const now = performance.now();'],
  ['protocolIsPure', 'packages/core/src/protocol/raft.ts', 'setTimeout(f, 1);'],
  ['protocolIsPure', 'packages/core/src/protocol/raft.ts', 'const die = Math.random();'],
  ['filesNameNoMachine', 'README.md', `see https://registry.${'npmjs'}.org/node`],
  ['filesNameNoMachine', 'README.md', `cd ${'/ho'}${'me'}/me/raft`],
  ['lockfileNamesNoSource', 'pnpm-lock.yaml', '    resolution: {integrity: x, tarball: y}'],
];

test.each(planted)('the rule %s finds what is wrong in %s', (name, path, text) => {
  expect(rules[name]?.({ path, text })).not.toEqual([]);
});

test('the protocol may speak of time and promises in its comments', () => {
  const text = '/** No Promise, no Date. */\nconst term = 1; // await nothing\n';
  expect(rules['protocolIsPure']?.({ path: 'packages/core/src/protocol/raft.ts', text })).toEqual([]);
});
