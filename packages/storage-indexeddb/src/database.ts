import { RaftError } from '@raft/wire';
import { foreign, toRaftError } from './failures.ts';
import { schemaVersion, stores } from './stores.ts';

/** Opens the database, or makes it with empty stores. @throws RaftError `foreignData`, `permissionDenied`, `storageFailed` */
export async function openDatabase(name: string): Promise<IDBDatabase> {
  const factory = (globalThis as { readonly indexedDB?: IDBFactory }).indexedDB;
  if (!factory) throw new RaftError('storageFailed', `the database ${name} needs indexedDB, which is missing here`);
  const database = await new Promise<IDBDatabase>((resolve, reject) => {
    const request = factory.open(name, schemaVersion);
    // Only ever from nothing: there was no version before the first.
    request.onupgradeneeded = () => {
      for (const store of Object.values(stores)) request.result.createObjectStore(store);
    };
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(openError(request.error, name));
  });
  const found = [...Array.from(database.objectStoreNames)].sort();
  if (found.join() === Object.values(stores).sort().join()) return database;
  database.close();
  throw foreign(name, `is not ours: its stores are ${found.join(', ') || 'none'}`);
}

function openError(error: DOMException | null, name: string): RaftError {
  if (error?.name === 'VersionError') return foreign(name, `has a version above ${schemaVersion}: newer code, or somebody else, made it`);
  return toRaftError(error, name);
}

/** Calls `lost`, at most once, when the connection can't be used any more: somebody deletes or upgrades the database, or the user clears it. */
export function watchConnection(database: IDBDatabase, lost: (error: RaftError) => void): void {
  const { name } = database;
  database.onversionchange = () => {
    // Whoever asks waits until we let go.
    database.close();
    lost(new RaftError('storageFailed', `the database ${name} is being deleted or upgraded by somebody else`));
  };
  database.onclose = () => {
    lost(new RaftError('storageFailed', `the browser closed the database ${name}: its data was cleared, or its disk failed`));
  };
}
