import { type Bytes, decodeUtf8, encodeUtf8, RaftError, Reader, Writer } from '@raft/wire';
import type { StoredValue } from './stored-value.ts';

// version 1 byte · count 8, then per key: key length 2 · revision 8 · value length 4 · key · value. The storage checks the
// bytes; this format checks that they are all there and no more.
const formatVersion = 1;
const headerBytes = 9;
const recordHeaderBytes = 14;
const targetChunkBytes = 64 * 1024;

/** The records as chunks of about 64 KiB (a larger value is a chunk of its own). The array must not change meanwhile. */
export async function* writeSnapshot(records: readonly (readonly [string, StoredValue])[]): AsyncIterable<Bytes> {
  let writer = new Writer(targetChunkBytes);
  writer.u8(formatVersion);
  writer.u53(records.length);
  for (const [key, { value, revision }] of records) {
    const encodedKey = encodeUtf8(key);
    writer.u16(encodedKey.length);
    writer.u53(revision);
    writer.u32(value.length);
    writer.raw(encodedKey);
    writer.raw(value);
    if (writer.length < targetChunkBytes) continue;
    yield writer.finish();
    writer = new Writer(targetChunkBytes);
  }
  if (writer.length > 0) yield writer.finish();
}

/** The map that {@link writeSnapshot} wrote, however the bytes are cut into chunks. Rejects with `malformed` or `unsupportedVersion`. */
export async function readSnapshot(chunks: AsyncIterable<Bytes>): Promise<Map<string, StoredValue>> {
  const input = new ChunkReader(chunks);
  const header = new Reader(await input.take(headerBytes));
  const version = header.u8();
  if (version !== formatVersion)
    throw new RaftError('unsupportedVersion', `a snapshot of version ${version}; this program knows version ${formatVersion}`);
  const count = header.u53();
  const values = new Map<string, StoredValue>();
  for (let n = 0; n < count; n++) {
    const record = new Reader(await input.take(recordHeaderBytes));
    const keyBytes = record.u16();
    const revision = record.u53();
    const valueBytes = record.u32();
    const key = decodeUtf8(await input.take(keyBytes));
    if (values.has(key)) throw malformed('a key stands twice');
    values.set(key, { value: await input.take(valueBytes), revision });
  }
  if (!(await input.atEnd())) throw malformed('bytes behind the last record');
  return values;
}

/** Takes exact lengths from chunks of any length. Holds no more than what was asked for and the current chunk. */
class ChunkReader {
  readonly #chunks: AsyncIterator<Bytes>;
  #chunk: Bytes = new Uint8Array(0);

  constructor(chunks: AsyncIterable<Bytes>) {
    this.#chunks = chunks[Symbol.asyncIterator]();
  }

  /** A copy of the next bytes, grown as they come, so that a wrong length can't make it allocate more than there is. */
  async take(length: number): Promise<Bytes> {
    const parts: Bytes[] = [];
    let missing = length;
    while (missing > 0) {
      if (this.#chunk.length === 0 && !(await this.#advance())) throw malformed(`it ends ${missing} bytes too early`);
      const part = this.#chunk.subarray(0, missing);
      this.#chunk = this.#chunk.subarray(part.length);
      missing -= part.length;
      parts.push(part);
    }
    return concat(parts, length);
  }

  async atEnd(): Promise<boolean> {
    return this.#chunk.length === 0 && !(await this.#advance());
  }

  async #advance(): Promise<boolean> {
    for (;;) {
      const next = await this.#chunks.next();
      if (next.done === true) return false;
      if (next.value.length === 0) continue;
      this.#chunk = next.value;
      return true;
    }
  }
}

function concat(parts: readonly Bytes[], length: number): Bytes {
  const whole = new Uint8Array(length);
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}

function malformed(reason: string): RaftError {
  return new RaftError('malformed', `not a snapshot of a key-value store: ${reason}`);
}
