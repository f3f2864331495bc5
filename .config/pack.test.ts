import { execFile } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

// What users get: each package is built, packed, checked as a tarball, and used from a folder that has nothing but tarballs.

const execute = promisify(execFile);
const root = fileURLToPath(new URL('..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'raft-pack-'));
const tarballs = join(folder, 'tarballs');
const names = readdirSync(join(root, 'packages')).filter((name) => existsSync(join(root, 'packages', name, 'package.json')));

/** Runs a command; a failure says what it printed, for tools complain on stdout. */
async function run(command: string, args: readonly string[], cwd = root): Promise<{ stdout: string; stderr: string }> {
  try {
    return await execute(command, args, { cwd });
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    throw new Error(`${command} ${args.join(' ')} failed:\n${stdout}${stderr}`, { cause: error });
  }
}

interface Manifest {
  readonly name: string;
  readonly exports: Readonly<Record<string, unknown>>;
  readonly bin?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
}

const installedAt = (name: string): string => join(folder, 'node_modules', '@raft', name);
const manifestOf = (name: string): Manifest => JSON.parse(readFileSync(join(installedAt(name), 'package.json'), 'utf8'));

/** Unpacks a tarball as an installer would; other people's packages, which it depends on, are linked from the workspace. */
async function install(name: string): Promise<void> {
  const unpacked = join(folder, 'unpacked', name);
  mkdirSync(unpacked, { recursive: true });
  const tarball = readdirSync(tarballs).find((file) => file.startsWith(`raft-${name}-`));
  await run('tar', ['-xzf', join(tarballs, tarball ?? ''), '-C', unpacked]);
  mkdirSync(dirname(installedAt(name)), { recursive: true });
  renameSync(join(unpacked, 'package'), installedAt(name));
  for (const dependency of Object.keys(manifestOf(name).dependencies ?? {})) {
    const link = join(folder, 'node_modules', dependency);
    if (dependency.startsWith('@raft/') || existsSync(link)) continue;
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(realpathSync(join(root, 'packages', name, 'node_modules', dependency)), link);
  }
}

beforeAll(async () => {
  const filter = names.flatMap((name) => ['--filter', `@raft/${name}`]);
  await run('turbo', ['run', 'build', ...filter, '--output-logs=errors-only', '--ui=stream']);
  mkdirSync(tarballs);
  await run('pnpm', [...filter, 'pack', '--pack-destination', tarballs]);
  for (const name of names) await install(name);
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ type: 'module', private: true }));
}, 300_000);

afterAll(() => rmSync(folder, { recursive: true }));

describe.each(names)('the tarball of @raft/%s', (name) => {
  test('has the build and the sources, and neither tests nor workspace ranges', () => {
    const files = readdirSync(installedAt(name), { recursive: true, encoding: 'utf8' });
    expect(files).toEqual(
      expect.arrayContaining(['package.json', 'LICENSE', join('dist', 'index.js'), join('dist', 'index.d.ts'), join('src', 'index.ts')]),
    );
    expect(files.filter((file) => /\.test\.|(^|\/)(test|tsconfig|\.turbo)/.test(file))).toEqual([]);
    expect(readFileSync(join(installedAt(name), 'package.json'), 'utf8')).not.toContain('workspace:');
  });

  test('passes publint and attw', async () => {
    const tarball = join(tarballs, readdirSync(tarballs).find((file) => file.startsWith(`raft-${name}-`)) ?? '');
    await run('publint', [tarball, '--strict']);
    await run('attw', [tarball, '--profile', 'esm-only']);
  });

  test('can be imported, every export of it', async () => {
    const imports = Object.keys(manifestOf(name).exports).map((path) => join('@raft', name, path));
    const program = `for (const name of ${JSON.stringify(imports)}) if (Object.keys(await import(name)).length === 0) console.log(name);`;
    const { stdout, stderr } = await run(process.execPath, ['--input-type=module', '--eval', program], folder);
    expect(stderr).toBe('');
    expect(stdout).toBe('');
  });
});

test.each(names.filter((name) => manifestBins(name).length > 0))('the commands of @raft/%s run and explain themselves', async (name) => {
  for (const [command, path] of Object.entries(manifestOf(name).bin ?? {})) {
    const { stdout, stderr } = await run(process.execPath, [join(installedAt(name), path), '--help'], folder);
    expect(stderr).toBe('');
    expect(stdout).toContain(`Usage: ${command}`);
  }
});

function manifestBins(name: string): string[] {
  const manifest: Manifest = JSON.parse(readFileSync(join(root, 'packages', name, 'package.json'), 'utf8'));
  return Object.keys(manifest.bin ?? {});
}
