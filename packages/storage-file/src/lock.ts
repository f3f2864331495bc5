import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { RaftError } from '@raft/wire';
import { lockName } from './file-names.ts';
import type { FolderLock } from './log-storage.ts';

/** SQLite's code for a lock that somebody else has. */
const sqliteBusy = 5;

/**
 * Locks a folder until it is released or this process ends, however it ends: the kernel frees the lock, so nothing is
 * left behind by a kill. SQLite is used for nothing else: it is how Node reaches such a lock.
 *
 * The lock file must never be opened by other means in this process: closing any descriptor of it drops the lock.
 *
 * @throws RaftError `locked`
 */
export function lockFolder(directory: string): FolderLock {
  const path = join(directory, lockName);
  const { DatabaseSync } = loadSqlite();
  // The first attempt may only make the file. Should it be replaced in between, what was locked is another: try again.
  for (let attempt = 0; attempt < 5; attempt += 1) {
    const before = identityOf(path);
    const database = new DatabaseSync(path, { timeout: 0 });
    try {
      takeLock(database, directory);
    } catch (error) {
      database.close();
      throw error;
    }
    const locked = identityOf(path);
    if (before !== undefined && before === locked) return new SqliteLock(database, path, locked);
    database.close();
  }
  throw new RaftError('locked', `${path} is being replaced again and again`);
}

/** Holds the database: if it were collected as garbage, the lock would be gone. */
class SqliteLock implements FolderLock {
  readonly #path: string;
  readonly #locked: string;
  #database: DatabaseSync | undefined;

  constructor(database: DatabaseSync, path: string, locked: string) {
    this.#database = database;
    this.#path = path;
    this.#locked = locked;
  }

  /** Whoever deletes the file lets a second process in: then it is this one that must stop. */
  readonly check = (): void => {
    if (identityOf(this.#path) === this.#locked) return;
    throw new RaftError('locked', `${this.#path} was deleted or replaced: another process may be using the folder`);
  };

  release(): void {
    this.#database?.close();
    this.#database = undefined;
  }
}

function takeLock(database: DatabaseSync, directory: string): void {
  try {
    // No journal file: nothing is ever written, and it would stay behind a kill.
    database.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
  } catch (cause) {
    const busy = typeof cause === 'object' && cause !== null && 'errcode' in cause && cause.errcode === sqliteBusy;
    if (busy) throw new RaftError('locked', `${directory} is in use by another process, or by another storage of this one`, { cause });
    throw new RaftError('storageFailed', `can't lock ${directory}`, { cause });
  }
}

function identityOf(path: string): string | undefined {
  const stat = statSync(path, { throwIfNoEntry: false, bigint: true });
  return stat && `${stat.dev}:${stat.ino}`;
}

/** Older Nodes warn that node:sqlite is experimental. It is silenced for this one load, which nothing else can run beside. */
function loadSqlite(): typeof import('node:sqlite') {
  const { emitWarning } = process;
  process.emitWarning = () => undefined;
  try {
    return process.getBuiltinModule('node:sqlite');
  } finally {
    process.emitWarning = emitWarning;
  }
}
