import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { expect, test } from 'vitest';

/** What the compiler says of one source, compiled as a package's tsconfig.json has it. */
function complaintsAbout(source: string, project: string): string[] {
  const folder = fileURLToPath(new URL(`../${project}/`, import.meta.url));
  const read = ts.readConfigFile(join(folder, 'tsconfig.json'), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(read.config, ts.sys, folder);
  const planted = join(folder, 'src', 'planted.ts');
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists } = host;
  host.fileExists = (path) => path === planted || fileExists(path);
  host.getSourceFile = (path, languageVersion, ...rest) =>
    path === planted ? ts.createSourceFile(path, source, languageVersion) : getSourceFile(path, languageVersion, ...rest);
  const program = ts.createProgram([planted], options, host);
  return ts.getPreEmitDiagnostics(program).map((diagnostic) => ts.flattenDiagnosticMessageText(diagnostic.messageText, '\n'));
}

const platform = [
  'setTimeout(() => 1, 1)',
  'console.log(1)',
  'process.exit(1)',
  'Buffer.alloc(1)',
  "new URL('tcp://n1')",
  'new TextEncoder()',
  'performance.now()',
];

test.each(platform.flatMap((code) => ['packages/wire', 'packages/core'].map((project) => [code, project] as const)))(
  '%s does not compile in %s',
  (code, project) => {
    expect(complaintsAbout(`export const value = ${code};\n`, project)).toEqual([expect.stringMatching(/Cannot find name/)]);
  },
);

test('a source without any of these compiles', () => {
  expect(complaintsAbout('export const value: number = [1, 2].reduce((sum, part) => sum + part, 0);\n', 'packages/core')).toEqual([]);
});
