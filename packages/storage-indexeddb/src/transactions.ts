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
 * before; when it rejects, nothing of it happened, unless the connection is gone: then nobody knows.
 */
export async function transact<Value>(
  database: IDBDatabase,
  mode: 'readonly' | 'readwrite',
  names: readonly string[],
  body: (transaction: IDBTransaction) => Value | Promise<Value>,
): Promise<Value> {
  const transaction = database.transaction([...names], mode, options);
  const ended = endOf(transaction);
  const work = async (): Promise<Value> => {
    const value = await body(transaction);
    // Saves waiting for the last request's answer. It may have been aborted already: then `ended` says why.
    if (mode === 'readwrite') attempt(() => transaction.commit());
    return value;
  };
  try {
    const [value] = await Promise.all([work(), ended]);
    return value;
  } catch (error) {
    attempt(() => transaction.abort());
    await ended.catch(() => undefined);
    throw error;
  }
}

/** Resolves when it is complete, rejects when it is aborted or never will be either. */
function endOf(transaction: IDBTransaction): Promise<void> {
  const { db } = transaction;
  return new Promise<void>((resolve, reject) => {
    const gone = (): void => reject(new Error('the browser ended the transaction, and with it the connection'));
    // Chromium tells nothing to a transaction that began when the browser had just closed the connection: no event, for ever.
    db.addEventListener('close', gone);
    const leave = (): void => db.removeEventListener('close', gone);
    transaction.oncomplete = () => {
      leave();
      resolve();
    };
    transaction.onabort = () => {
      leave();
      if (transaction.error) reject(transaction.error);
      else gone();
    };
  });
}

function attempt(action: () => void): void {
  try {
    action();
  } catch {
    // It has ended already.
  }
}
