import { RaftError } from '@raft/wire';
import { foreign, toRaftError } from './failures.ts';
import { schemaVersion, stores } from './stores.ts';

/**
 * Makes and deletes an empty database beside ours. One of that name that is not empty is somebody's, and stays.
 *
 * Chromium keeps all databases of an origin in one LevelDB. When the browser is killed in mid-write its log ends in half a record, which
 * the next start ignores and then writes behind (google/leveldb#1287); to the start after that the log is corrupt, and Chromium deletes
 * everything. Deleting a database makes it begin a new log, without the half record. Elsewhere this costs little and does nothing.
 */
export async function renewLog(name: string): Promise<void> {
  const beside = `${name} (empty)`;
  const database = await settled(factoryFor(name).open(beside), name);
  const isEmpty = database.objectStoreNames.length === 0;
  database.close();
  if (isEmpty) await settled(factoryFor(name).deleteDatabase(beside), name);
}

/** Opens the database, or makes it with empty stores. @throws RaftError `foreignData`, `permissionDenied`, `storageFailed` */
export async function openDatabase(name: string): Promise<IDBDatabase> {
  const request = factoryFor(name).open(name, schemaVersion);
  // Only ever from nothing: there was no version before the first.
  request.onupgradeneeded = () => {
    for (const store of Object.values(stores)) request.result.createObjectStore(store);
  };
  const database = await settled(request, name);
  const found = [...Array.from(database.objectStoreNames)].sort();
  if (found.join() === Object.values(stores).sort().join()) return database;
  database.close();
  throw foreign(name, `is not ours: its stores are ${found.join(', ') || 'none'}`);
}

function factoryFor(name: string): IDBFactory {
  const factory = (globalThis as { readonly indexedDB?: IDBFactory }).indexedDB;
  if (!factory) throw new RaftError('storageFailed', `the database ${name} needs indexedDB, which is missing here`);
  return factory;
}

function settled<Value>(request: IDBRequest<Value>, name: string): Promise<Value> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(openError(request.error, name));
  });
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
