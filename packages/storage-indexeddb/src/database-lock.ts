import { RaftError } from '@raft/wire';
import { toRaftError } from './failures.ts';

/** Keeps other tabs, and other storages of this one, out of a database. The browser frees it when the tab ends, however it ends. */
export interface DatabaseLock {
  /** Resolves when it is free. */
  release(): Promise<void>;
}

/** Name of the Web Lock of a database. */
function lockName(name: string): string {
  return `@raft/storage-indexeddb:${name}`;
}

/** @param stolen called when somebody takes the lock by force. @throws RaftError `locked` */
export async function lockDatabase(name: string, stolen: (error: RaftError) => void): Promise<DatabaseLock> {
  const locks = (globalThis.navigator as Partial<Navigator> | undefined)?.locks;
  if (!locks) {
    throw new RaftError(
      'storageFailed',
      `the database ${name} needs navigator.locks, which browsers give to secure pages only: use https or localhost`,
    );
  }
  let release: () => void = () => undefined;
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  let ended: Promise<unknown> = Promise.resolve();
  const isTaken = await new Promise<boolean>((resolve, reject) => {
    ended = locks
      .request(lockName(name), { mode: 'exclusive', ifAvailable: true }, (lock) => {
        resolve(lock !== null);
        return lock ? held : undefined;
      })
      .catch((cause: unknown) => {
        // Before it was taken: this page may not. Afterwards only for one reason.
        reject(toRaftError(cause, name));
        stolen(new RaftError('locked', `somebody took the lock of the database ${name} by force`, { cause }));
      });
  });
  if (!isTaken) throw new RaftError('locked', `another tab, or another storage of this one, has the database ${name} open`);
  return {
    release: async () => {
      release();
      await ended;
    },
  };
}
