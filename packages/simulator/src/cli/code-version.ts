import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

// It stands two folders above this module, built or not.
const packageFolder = fileURLToPath(new URL('../..', import.meta.url));

/**
 * Which code this is: version and commit, with `+changes` when the tree differs from it. Parts of a campaign are merged only when they agree on it.
 * `RAFT_SIM_CODE` says it where there is no git, as in an image.
 */
export function codeVersion(): string {
  const told = process.env['RAFT_SIM_CODE'];
  if (told !== undefined && told !== '') return told;
  const { version } = JSON.parse(readFileSync(`${packageFolder}/package.json`, 'utf8')) as { readonly version: string };
  // Installed, it stands in somebody else's repository.
  const commit = /[\\/]node_modules[\\/]/.test(packageFolder) ? undefined : commitOf(packageFolder);
  return commit === undefined ? version : `${version} ${commit}`;
}

function commitOf(folder: string): string | undefined {
  const git = (...args: string[]): string =>
    execFileSync('git', args, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  try {
    // Sources of the packages to its left run too.
    const changed = git('status', '--porcelain', '--', '..') !== '';
    return `${git('rev-parse', '--short=12', 'HEAD')}${changed ? '+changes' : ''}`;
  } catch {
    return undefined;
  }
}

/** How people start this program: by the script of a clone, or as the package's own command. */
export function programName(): string {
  return process.env['npm_lifecycle_event'] === 'sim' ? 'pnpm sim' : 'raft-sim';
}
