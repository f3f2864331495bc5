import type { Entry } from '@raft/wire';
import { entriesIn } from './chunk-codec.ts';
import { damaged, lostRecord } from './failures.ts';
import { stores } from './stores.ts';
import { resultOf, transact } from './transactions.ts';

export interface EntryRange {
  readonly from: number;
  readonly to: number;
  readonly maxBytes: number;
}

/** Reads entries of the chunks with these keys, with their checksums. @throws RaftError `damaged` */
export async function readChunks(
  database: IDBDatabase,
  keys: { readonly first: number; readonly last: number },
  range: EntryRange,
): Promise<readonly Entry[]> {
  const values: unknown[] = await transact(database, 'readonly', [stores.chunks], (transaction) =>
    resultOf(transaction.objectStore(stores.chunks).getAll(IDBKeyRange.bound(keys.first, keys.last))),
  ).catch((error: unknown) => {
    throw lostRecord(error, database.name, { store: stores.chunks, key: keys.first });
  });
  const entries: Entry[] = [];
  let index = keys.first;
  let bytes = 0;
  for (const value of values) {
    const key = index;
    try {
      for (const entry of entriesIn(value, key)) {
        index = entry.index + 1;
        if (entry.index < range.from) continue;
        bytes += entry.bytes.length;
        if (entry.index > range.to || (entries.length > 0 && bytes > range.maxBytes)) return entries;
        entries.push(entry);
      }
    } catch (error) {
      throw damaged(database.name, { store: stores.chunks, key }, error instanceof Error ? error.message : String(error));
    }
  }
  if (entries.length === 0) throw damaged(database.name, { store: stores.chunks, key: keys.first }, 'it is missing');
  return entries;
}
