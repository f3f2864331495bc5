import { kvClient } from '@raft/kv';
import type { Ledger } from './ledger.ts';
import { endpointOf, type Member } from './members.ts';

/** What reading everything back through one node came to. */
export interface Verification {
  readonly member: Member;
  readonly verified: number;
  /** One sentence for each key that reads wrong. */
  readonly lost: readonly string[];
}

const readers = 32;

/** Reads every key through one node, linearizably, and holds the answers against the ledger. */
export async function verifyThrough(member: Member, ledger: Ledger): Promise<Verification> {
  using client = kvClient({ endpoints: [endpointOf(member)] });
  const keys = ledger.keys.values();
  const lost: string[] = [];
  let verified = 0;
  const read = async (): Promise<void> => {
    // The readers share one iterator: each takes the next key that is left.
    for (const key of keys) {
      const complaint = ledger.complaintAbout(key, await client.get(key));
      if (complaint === undefined) verified += 1;
      else lost.push(complaint);
    }
  };
  await Promise.all(Array.from({ length: readers }, read));
  return { member, verified, lost };
}
