import { readFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { join } from 'node:path';
import type { Bug, Change } from './bug.ts';

/** The files that a bug changes, as they are with it. @throws Error when an anchor does not match exactly once. */
export function applyChanges(root: string, changes: readonly Change[]): ReadonlyMap<string, string> {
  const files = new Map<string, string>();
  for (const { file, find, replace } of changes) {
    const source = files.get(file) ?? readFileSync(join(root, file), 'utf8');
    const parts = source.split(find);
    if (parts.length !== 2) throw new Error(`${file} holds ${parts.length - 1} times: ${find}`);
    files.set(file, parts.join(replace));
  }
  return files;
}

/** What is wrong with a bug's changes: an anchor, or the syntax of what comes of them. Undefined when nothing is. */
export function faultOf(root: string, { changes }: Bug): string | undefined {
  try {
    for (const [file, source] of applyChanges(root, changes)) {
      try {
        stripTypeScriptTypes(source);
      } catch (error) {
        return `${file} is no TypeScript with the bug in it: ${messageOf(error)}`;
      }
    }
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
