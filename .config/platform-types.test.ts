import { existsSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { describe, expect, test } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));

/** What the compiler says of each of these sources, compiled as if they stood in a package, by its tsconfig.json. */
function complaintsAbout(sources: readonly string[], project: string): string[][] {
  const folder = join(root, project);
  const { options } = ts.parseJsonConfigFileContent(readConfig(join(folder, 'tsconfig.json')), ts.sys, folder);
  const planted = new Map(sources.map((source, position) => [join(folder, 'src', `planted-${position}.ts`), source]));
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists } = host;
  host.fileExists = (path) => planted.has(path) || fileExists(path);
  host.getSourceFile = (path, languageVersion, ...rest) => {
    const source = planted.get(path);
    return source === undefined ? getSourceFile(path, languageVersion, ...rest) : ts.createSourceFile(path, source, languageVersion);
  };
  const program = ts.createProgram([...planted.keys()], options, host);
  expect(program.getGlobalDiagnostics()).toEqual([]);
  return [...planted.keys()].map((path) =>
    ts.getPreEmitDiagnostics(program, program.getSourceFile(path)).map((diagnostic) => {
      expect(basename(diagnostic.file?.fileName ?? '')).toBe(basename(path));
      return ts.flattenDiagnosticMessageText(diagnostic.messageText, '\n');
    }),
  );
}

interface CompilerConfig {
  readonly compilerOptions?: { readonly types?: unknown; readonly lib?: readonly string[] };
  readonly include?: unknown;
}

function readConfig(path: string): CompilerConfig {
  return ts.readConfigFile(path, ts.sys.readFile).config;
}

const forbidden = [
  'setTimeout(() => 1, 1)',
  'console.log(1)',
  'process.exit(1)',
  'Buffer.alloc(1)',
  "new URL('tcp://n1')",
  'new TextEncoder()',
  'performance.now()',
];

describe.each(['packages/wire', 'packages/core'])('%s', (project) => {
  test('compiles no source that uses what only platforms have', () => {
    const complaints = complaintsAbout(
      forbidden.map((code) => `export const value = ${code};\n`),
      project,
    );
    expect(complaints).toEqual(forbidden.map(() => [expect.stringMatching(/^Cannot find name/)]));
  });

  test('compiles a source that uses nothing of the kind', () => {
    expect(complaintsAbout(['export const value: number = [1, 2].reduce((sum, part) => sum + part, 0);\n'], project)).toEqual([[]]);
  });
});

/** Packages whose sources see no types but the language's and those of `lib`, by whether that has a browser's in it. */
function packagesWithoutTypes(options: { readonly withDom: boolean }): string[] {
  return readdirSync(join(root, 'packages')).filter((name) => {
    const path = join(root, 'packages', name, 'tsconfig.json');
    const { types, lib = [] } = existsSync(path) ? (readConfig(path).compilerOptions ?? {}) : {};
    return Array.isArray(types) && types.length === 0 && lib.includes('DOM') === options.withDom;
  });
}

const includedBy = (check: string): unknown => readConfig(join(root, '.config', check)).include;

test('the check without a platform compiles exactly those packages whose tsconfig.json names none', () => {
  const platformFree = packagesWithoutTypes({ withDom: false });
  expect(platformFree).toEqual(expect.arrayContaining(['core', 'wire']));
  expect(includedBy('tsconfig.platform-free.json')).toEqual(platformFree.map((name) => `../packages/${name}/src`));
});

test('the check without Node compiles the packages that are for browsers, and what is for browsers in others', () => {
  const forBrowsers = packagesWithoutTypes({ withDom: true });
  expect(forBrowsers).toContain('storage-indexeddb');
  const parts = ['../packages/transport-ws/src/index.ts', '../packages/simulator/src/index.ts', '../apps/examples/src/browser/page.ts'];
  expect(includedBy('tsconfig.browser.json')).toEqual([...forBrowsers.map((name) => `../packages/${name}/src`), ...parts]);
});
