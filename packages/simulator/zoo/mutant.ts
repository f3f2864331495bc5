import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { RaftOptions } from '@raft/core/protocol';
import type { Protocol } from '../src/nodes/protocol-node.ts';

/** A change of one place in a source of the protocol: the text that stands there, and what a bug puts in its stead. */
export interface Mutation {
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

const core = fileURLToPath(new URL('../..', import.meta.url));

/** The protocol with this bug in it, as one builds it: a copy of the sources, changed, and imported. */
export async function withMutant<Result>(
  mutations: readonly Mutation[],
  use: (create: (options: RaftOptions) => Protocol) => Result,
): Promise<Result> {
  const folder = mkdtempSync(join(tmpdir(), 'raft-zoo-'));
  try {
    cpSync(join(core, 'src'), join(folder, 'src'), { recursive: true });
    cpSync(join(core, 'package.json'), join(folder, 'package.json'));
    symlinkSync(join(core, 'node_modules'), join(folder, 'node_modules'));
    for (const { file, find, replace } of mutations) {
      const path = join(folder, 'src/protocol', file);
      const source = readFileSync(path, 'utf8');
      if (source.split(find).length !== 2) throw new Error(`${file} holds ${source.split(find).length - 1} times: ${find}`);
      writeFileSync(
        path,
        source.replace(find, () => replace),
      );
    }
    const module = (await import(/* @vite-ignore */ pathToFileURL(join(folder, 'src/protocol/raft.ts')).href)) as {
      readonly Raft: new (options: RaftOptions) => Protocol;
    };
    return use((options) => new module.Raft(options));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
