import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { applyChanges } from './anchors.ts';
import type { Change } from './bug.ts';

/** Of this workspace. */
export const root = fileURLToPath(new URL('../../..', import.meta.url));

/** Made by tools, and made anew where they are missed. */
const leftOut = new Set(['dist', 'coverage', '.turbo', '.vite', '.git']);

/**
 * A copy of the workspace in a temporary folder. Packages find each other in the copy, since their links are relative; what comes from a registry
 * is shared with the original.
 */
export class WorkspaceCopy implements Disposable {
  readonly root: string;

  constructor() {
    this.root = mkdtempSync(join(tmpdir(), 'raft-zoo-'));
    process.once('exit', () => this[Symbol.dispose]());
    for (const name of ['packages', '.config', 'package.json', 'pnpm-workspace.yaml', 'tsconfig.base.json']) {
      cpSync(join(root, name), join(this.root, name), {
        recursive: true,
        verbatimSymlinks: true,
        filter: (source) => !leftOut.has(basename(source)),
      });
    }
    mkdirSync(join(this.root, 'apps'));
    symlinkSync(join(root, 'node_modules'), join(this.root, 'node_modules'));
    if (!existsSync(join(this.root, 'packages/simulator/node_modules'))) throw new Error('the packages are not installed');
  }

  /** Puts a bug into the copy; what is returned takes it out again. */
  mutate(changes: readonly Change[]): Disposable {
    const originals = new Map(changes.map(({ file }) => [file, readFileSync(join(this.root, file), 'utf8')]));
    for (const [file, source] of applyChanges(this.root, changes)) writeFileSync(join(this.root, file), source);
    return {
      [Symbol.dispose]: () => {
        for (const [file, source] of originals) writeFileSync(join(this.root, file), source);
      },
    };
  }

  [Symbol.dispose](): void {
    // Links are removed, not followed.
    rmSync(this.root, { recursive: true, force: true });
  }
}
