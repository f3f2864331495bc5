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

function readConfig(path: string): { readonly compilerOptions?: { readonly types?: unknown }; readonly include?: unknown } {
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

test('the check compiles exactly those packages without a platform whose tsconfig.json names none', () => {
  const packages = readdirSync(join(root, 'packages')).filter((name) => existsSync(join(root, 'packages', name, 'tsconfig.json')));
  const typesOf = (name: string): unknown => readConfig(join(root, 'packages', name, 'tsconfig.json')).compilerOptions?.types;
  const platformFree = packages.filter((name) => Array.isArray(typesOf(name)) && String(typesOf(name)) === '');
  expect(platformFree).toEqual(expect.arrayContaining(['core', 'wire']));
  expect(readConfig(join(root, '.config', 'tsconfig.platform-free.json')).include).toEqual(
    platformFree.map((name) => `../packages/${name}/src`),
  );
});
