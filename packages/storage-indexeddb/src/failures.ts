import { RaftError, type RaftErrorCode } from '@raft/wire';

const codes: Readonly<Record<string, RaftErrorCode>> = {
  QuotaExceededError: 'noSpace',
  SecurityError: 'permissionDenied',
  NotAllowedError: 'permissionDenied',
};

/** What the browser threw, as one of our errors; ours stay as they are. */
export function toRaftError(error: unknown, name: string): RaftError {
  if (isRaftError(error)) return error;
  const kind = error instanceof Error || error instanceof DOMException ? error.name : '';
  return new RaftError(codes[kind] ?? 'storageFailed', sentenceOf(kind, error, name), { cause: error });
}

function sentenceOf(kind: string, error: unknown, name: string): string {
  const detail = error instanceof Error || error instanceof DOMException ? error.message : String(error);
  switch (kind) {
    case 'QuotaExceededError':
      return `no space left for the database ${name}: the browser's quota for this site, or the disk, is full`;
    case 'SecurityError':
    case 'NotAllowedError':
      return `the browser lets this page store nothing, so the database ${name} can't be used: ${detail}`;
    default:
      return `storage in the database ${name} failed: ${detail}`;
  }
}

/** A record that is not what was written. */
export function damaged(name: string, place: { readonly store: string; readonly key: IDBValidKey }, what: string): RaftError {
  return new RaftError('damaged', `database ${name}: the record ${JSON.stringify(place.key)} in store ${place.store} is damaged: ${what}`);
}

/** A record that the browser says it has lost for good, its file perhaps, is damaged. Any other failure stays what it is. */
export function lostRecord(error: unknown, name: string, place: { readonly store: string; readonly key: IDBValidKey }): unknown {
  return error instanceof DOMException && error.name === 'NotReadableError' ? damaged(name, place, error.message) : error;
}

/** A database of this name that is not ours to touch. */
export function foreign(name: string, what: string): RaftError {
  return new RaftError('foreignData', `database ${name} ${what}`);
}

export function invalid(message: string): RaftError {
  return new RaftError('invalidArgument', message);
}

export function closed(): RaftError {
  return new RaftError('closed', 'the storage is closed');
}

function isRaftError(error: unknown): error is RaftError {
  return error instanceof Error && error.name === 'RaftError' && 'code' in error;
}
