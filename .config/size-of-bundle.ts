import { isBuiltin } from 'node:module';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { build } from 'esbuild';

/** What a program weighs once it is bundled for browsers, in bytes. */
export interface BundleSize {
  readonly minified: number;
  readonly gzip: number;
  readonly brotli: number;
  /** Minified bytes of each package that is in it. */
  readonly shares: ReadonlyMap<string, number>;
}

/**
 * Bundles a program as a user's bundler does.
 *
 * @throws Error naming each import of Node that something in it reaches; nothing is put in its place.
 */
export async function measureBundle(program: string, resolveFrom: string): Promise<BundleSize> {
  const { outputFiles, metafile } = await build({
    stdin: { contents: program, resolveDir: resolveFrom, loader: 'ts' },
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2023',
    write: false,
    metafile: true,
    logLevel: 'silent',
    plugins: [
      {
        name: 'nothing-of-node',
        setup: ({ onResolve }) =>
          onResolve({ filter: /^[^./]/ }, ({ path, importer }) =>
            isBuiltin(path) ? { errors: [{ text: `${importer} imports ${path}` }] } : undefined,
          ),
      },
    ],
  });
  const code = outputFiles[0]?.contents ?? new Uint8Array();
  const [output] = Object.values(metafile.outputs);
  const shares = new Map<string, number>();
  for (const [path, { bytesInOutput }] of Object.entries(output?.inputs ?? {})) {
    const name = packageOf(path);
    shares.set(name, (shares.get(name) ?? 0) + bytesInOutput);
  }
  return { minified: code.length, gzip: gzipSync(code).length, brotli: brotliCompressSync(code).length, shares };
}

/** Of a path in `node_modules` the innermost package, else the package of the workspace. */
function packageOf(path: string): string {
  const installed = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1];
  const own = /(?:^|\/)packages\/([^/]+)/.exec(path)?.[1];
  return installed ?? (own === undefined ? 'the program' : `@raft/${own}`);
}
