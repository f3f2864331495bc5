import { type Bytes, RaftError } from '@raft/wire';
import type { SnapshotReader } from '../storage.ts';

/** The whole snapshot, a chunk at a time. */
export async function* readSnapshot(reader: SnapshotReader, chunkBytes: number): AsyncGenerator<Bytes, void, undefined> {
  for (let offset = 0; offset < reader.size; ) {
    const chunk = await reader.read(offset, chunkBytes);
    if (chunk.length === 0) throw new RaftError('damaged', `the snapshot ends at ${offset} of ${reader.size} bytes`);
    offset += chunk.length;
    yield chunk;
  }
}
