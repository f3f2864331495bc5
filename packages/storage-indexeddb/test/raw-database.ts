// Reaches into a database from outside, in a page.

export function resultOf<Value>(request: IDBRequest<Value>): Promise<Value> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

export function openedDatabase(name: string): Promise<IDBDatabase> {
  return resultOf(indexedDB.open(name));
}

/** Makes somebody else's database. */
export async function makeDatabase(name: string, version: number, stores: readonly string[]): Promise<void> {
  const request = indexedDB.open(name, version);
  request.onupgradeneeded = () => {
    for (const store of stores) request.result.createObjectStore(store);
  };
  (await resultOf(request)).close();
}

/** Does something to a store behind the storage's back; it must be closed. */
export async function inStore(name: string, store: string, action: (store: IDBObjectStore) => IDBRequest): Promise<unknown> {
  const database = await openedDatabase(name);
  const transaction = database.transaction([store], 'readwrite');
  const done = new Promise<void>((resolve) => {
    transaction.oncomplete = () => resolve();
  });
  const result: unknown = await resultOf(action(transaction.objectStore(store)));
  await done;
  database.close();
  return result;
}

/** Flips a bit of one byte of a record. */
export async function flipByte(name: string, store: string, place: { readonly key: IDBValidKey; readonly at: number }): Promise<void> {
  const value = await inStore(name, store, (records) => records.get(place.key));
  if (!(value instanceof Uint8Array)) throw new Error(`no bytes at ${JSON.stringify(place.key)} of ${store}`);
  value[place.at] = (value[place.at] ?? 0) ^ 4;
  await inStore(name, store, (records) => records.put(value, place.key));
}

export async function deleteDatabase(name: string): Promise<void> {
  await resultOf(indexedDB.deleteDatabase(name));
}

/** What was asked of IndexedDB while something ran. */
export interface Recording {
  /** Durability of each transaction that may write. */
  readonly durabilities: (string | undefined)[];
  /** Names of the stores that something was put into, in order. */
  readonly puts: string[];
}

/** Listens to what a body asks of IndexedDB. */
export async function recorded(body: () => Promise<void>): Promise<Recording> {
  const recording: Recording = { durabilities: [], puts: [] };
  const { transaction } = IDBDatabase.prototype;
  const { put } = IDBObjectStore.prototype;
  IDBDatabase.prototype.transaction = function (names, mode, options) {
    if (mode === 'readwrite') recording.durabilities.push(options?.durability);
    return transaction.call(this, names, mode, options);
  };
  IDBObjectStore.prototype.put = function (value: unknown, key) {
    recording.puts.push(this.name);
    return put.call(this, value, key);
  };
  try {
    await body();
  } finally {
    IDBDatabase.prototype.transaction = transaction;
    IDBObjectStore.prototype.put = put;
  }
  return recording;
}
