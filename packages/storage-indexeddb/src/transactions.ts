/** Strict everywhere: `complete` then means that the disk has it. Browsers have been known to mean less by default. */
const options: IDBTransactionOptions = { durability: 'strict' };

/** The result of a request. Its transaction is still alive in the turn in which this resolves. */
export function resultOf<Value>(request: IDBRequest<Value>): Promise<Value> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

/** Shows each record of a cursor in turn, one at a time in memory. `visit` may throw. */
export function forEachRecord(
  request: IDBRequest<IDBCursorWithValue | null>,
  visit: (key: IDBValidKey, value: unknown) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    request.onerror = () => reject(request.error);
    request.onsuccess = () => {
      const cursor = request.result;
      if (!cursor) return resolve();
      try {
        visit(cursor.key, cursor.value);
        cursor.continue();
      } catch (error) {
        reject(error);
      }
    };
  });
}

/**
 * Runs `body` in a transaction, which must wait for nothing but requests. Resolves when the transaction is complete, never
 * before; when it rejects, nothing of it happened.
 */
export async function transact<Value>(
  database: IDBDatabase,
  mode: 'readonly' | 'readwrite',
  names: readonly string[],
  body: (transaction: IDBTransaction) => Value | Promise<Value>,
): Promise<Value> {
  const transaction = database.transaction([...names], mode, options);
  const ended = new Promise<void>((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(transaction.error ?? new Error('the browser ended the transaction, and with it the connection'));
  });
  // Whoever waits for it hears of it; if the body fails first nobody does.
  ended.catch(() => undefined);
  let value: Value;
  try {
    value = await body(transaction);
  } catch (error) {
    attempt(() => transaction.abort());
    await ended.catch(() => undefined);
    throw error;
  }
  // Saves waiting for the last request's answer. It may have been aborted already: then `ended` says why.
  if (mode === 'readwrite') attempt(() => transaction.commit());
  await ended;
  return value;
}

function attempt(action: () => void): void {
  try {
    action();
  } catch {
    // It has ended already.
  }
}
