import { accessSync, constants, mkdirSync } from 'node:fs';

/** Makes the folder if there is none. Returns, in a sentence, why the cluster can't keep its data there; undefined when it can. */
export function folderTrouble(folder: string): string | undefined {
  try {
    mkdirSync(folder, { recursive: true });
    accessSync(folder, constants.R_OK | constants.W_OK | constants.X_OK);
    return undefined;
  } catch (error) {
    return `${folder}: ${reasonOf(error)}. Another folder: npm start -- --data DIR`;
  }
}

/** What a file system's error code means, in words. */
export function reasonOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  switch (code) {
    case 'EACCES':
    case 'EPERM':
      return 'no permission to write there';
    case 'EROFS':
      return 'the file system is read-only';
    case 'EEXIST':
    case 'ENOTDIR':
      return 'not a folder';
    case 'ENOSPC':
      return 'no space left on the device';
    default:
      return error instanceof Error ? error.message : String(error);
  }
}
