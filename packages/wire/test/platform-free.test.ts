import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { expect, test } from 'vitest';

const packageFolder = fileURLToPath(new URL('..', import.meta.url));

/** What the compiler says, under this package's tsconfig.json, of a source that stands among the others in memory only. */
function complaintsAbout(source: string): readonly string[] {
  const read = ts.readConfigFile(`${packageFolder}tsconfig.json`, ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(read.config, ts.sys, packageFolder);
  const file = `${packageFolder}src/made-up-by-a-test.ts`;
  const host = ts.createCompilerHost(options);
  const { fileExists, readFile, getSourceFile } = host;
  host.fileExists = (name) => name === file || fileExists(name);
  host.readFile = (name) => (name === file ? source : readFile(name));
  host.getSourceFile = (name, ...rest) =>
    name === file ? ts.createSourceFile(name, source, ts.ScriptTarget.ES2023) : getSourceFile(name, ...rest);
  const program = ts.createProgram([file], options, host);
  return ts.getPreEmitDiagnostics(program).map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'));
}

test.each(['setTimeout(() => {}, 1)', 'console.log(1)', 'process.exit()', 'Buffer.alloc(1)', 'new URL("a:")', 'new TextEncoder()'])(
  'a source that uses %s does not compile as part of this package',
  (statement) => {
    const [name] = statement.match(/(?!new)\b[A-Za-z]+/) ?? [];
    expect(complaintsAbout(`export const used = ${statement};`)).toEqual([expect.stringContaining(`Cannot find name '${name}'`)]);
  },
);

test('a source that uses none of them does', () => {
  expect(complaintsAbout("import { crc32 } from './platform.ts';\nexport const used: number = crc32(new Uint8Array(1));")).toEqual([]);
});

test('only platform.ts reaches the globals of the platform', () => {
  const sources = readdirSync(`${packageFolder}src`).filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'));
  expect(sources.filter((name) => readFileSync(`${packageFolder}src/${name}`, 'utf8').includes('globalThis'))).toEqual(['platform.ts']);
});
