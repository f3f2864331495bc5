import { type Runner, storageSuite } from '@raft/conformance';
import { indexedDbStorage } from '../src/index.ts';

let databases = 0;

/** The suite of the contract, each test on a database of its own. */
export function declareSuite(runner: Runner): void {
  storageSuite({
    runner,
    create: () => {
      databases += 1;
      const name = `suite-${databases}`;
      return { storage: () => indexedDbStorage({ name }), dispose: () => deleteDatabase(name) };
    },
    supports: { lock: true },
  });
}

function deleteDatabase(name: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.deleteDatabase(name);
    request.onsuccess = () => resolve();
    request.onerror = () => reject(request.error);
    request.onblocked = () => reject(new Error(`somebody still has ${name} open`));
  });
}
