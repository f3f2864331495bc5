import { crc32, encodeUtf8 } from '@raft/wire';
import { runSeed } from '../src/index.ts';

/** What tells one seed's history from any other: its hash, and a checksum of every line of its trace. */
export async function fingerprintsOf(seeds: readonly number[]): Promise<readonly string[]> {
  const found: string[] = [];
  for (const seed of seeds) {
    const { hash, lines } = await runSeed({ seed, readable: true });
    found.push(`${seed}: ${hash} ${crc32(encodeUtf8(lines.join('\n')))}`);
  }
  return found;
}
