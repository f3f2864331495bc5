import { RaftError, type RaftErrorCode } from '@raft/wire';

const codes: Readonly<Record<string, RaftErrorCode>> = {
  ENOSPC: 'noSpace',
  EDQUOT: 'noSpace',
  EACCES: 'permissionDenied',
  EPERM: 'permissionDenied',
  EROFS: 'permissionDenied',
};

/** What a file system threw, as one of our errors; ours stay as they are. */
export function toRaftError(error: unknown, location: string): RaftError {
  if (isRaftError(error)) return error;
  const code = codeOf(error);
  return new RaftError((code && codes[code]) || 'storageFailed', sentenceOf(error, location), { cause: error });
}

function sentenceOf(error: unknown, location: string): string {
  const code = codeOf(error) ?? '';
  const place = pathOf(error) ?? location;
  switch (code) {
    case 'EACCES':
    case 'EPERM':
      return `no permission to use ${place} (${code})`;
    case 'EROFS':
      return `${place} is on a file system that can only be read (${code})`;
    case 'ENOSPC':
    case 'EDQUOT':
      return `no space left for ${place} (${code})`;
    default:
      return `storage in ${location} failed: ${error instanceof Error ? error.message : String(error)}`;
  }
}

/** The file that was asked for doesn't exist. */
export function isMissing(error: unknown): boolean {
  return codeOf(error) === 'ENOENT';
}

/** The name is in use. */
export function isTaken(error: unknown): boolean {
  return codeOf(error) === 'EEXIST';
}

/** We lack the right to it. */
export function isDenied(error: unknown): boolean {
  return codeOf(error) === 'EACCES' || codeOf(error) === 'EPERM';
}

export function damaged(location: string, file: string, offset: number, what: string): RaftError {
  return new RaftError('damaged', `${location}: file ${file} is damaged at offset ${offset}: ${what}`);
}

/** A file that must be there is not. */
export function missing(location: string, file: string, what: string): RaftError {
  return new RaftError('damaged', `${location}: file ${file} is missing, ${what}`);
}

export function invalid(message: string): RaftError {
  return new RaftError('invalidArgument', message);
}

function isRaftError(error: unknown): error is RaftError {
  return error instanceof Error && error.name === 'RaftError' && 'code' in error;
}

function codeOf(error: unknown): string | undefined {
  return typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

function pathOf(error: unknown): string | undefined {
  return typeof error === 'object' && error !== null && 'path' in error && typeof error.path === 'string' ? error.path : undefined;
}
