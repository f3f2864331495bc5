import type { Bytes } from './bytes.ts';
import { crc32ByTable } from './crc32-table.ts';
import { RaftError } from './errors.ts';

// The only file of this package that reaches platform globals (ARCHITECTURE §2): by a structural cast, since the package
// compiles without any platform's types.

interface Platform {
  readonly process?: { getBuiltinModule?(id: string): unknown };
  readonly TextEncoder: new () => { encode(text: string): Bytes };
  readonly TextDecoder: new (label: string, options: { fatal: boolean; ignoreBOM: boolean }) => { decode(bytes: Uint8Array): string };
}

type Crc32 = (data: Uint8Array, value?: number) => number;

const platform = globalThis as unknown as Platform;
const zlib = platform.process?.getBuiltinModule?.('node:zlib') as { readonly crc32?: Crc32 } | undefined;
const native = zlib?.crc32;
const encoder = new platform.TextEncoder();
/** A byte-order mark is kept, so that decoding and encoding again gives the same bytes. */
const decoder = new platform.TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Below this many bytes the call into native code costs more than our own table. */
const shortBytes = 128;

/**
 * CRC-32 as in `node:zlib`: unsigned, and `crc32(b, crc32(a))` is the checksum of `a` followed by `b`.
 * The platform's own code where there is one, else our table: same value.
 */
export function crc32(bytes: Uint8Array, seed = 0): number {
  return crc32Range(bytes, { seed, start: 0, end: bytes.length });
}

/** {@link crc32} of the bytes from `start` to `end`, without making a view where there is no need of one. */
export function crc32Range(bytes: Uint8Array, range: { readonly seed: number; readonly start: number; readonly end: number }): number {
  const { seed, start, end } = range;
  if (!native || end - start <= shortBytes) return crc32ByTable(bytes, range);
  const whole = start === 0 && end === bytes.length;
  return native(whole ? bytes : new Uint8Array(bytes.buffer, bytes.byteOffset + start, end - start), seed);
}

/** Up to this length, letters taken one by one cost a tenth of a call to TextEncoder; most ids and keys are that short. */
const shortText = 64;

/**
 * Text as UTF-8.
 *
 * @throws RaftError `invalidArgument` if the text holds half a surrogate pair, which UTF-8 can't say.
 */
export function encodeUtf8(text: string): Bytes {
  const short = text.length <= shortText ? encodeAscii(text) : undefined;
  if (short) return short;
  if (/\p{Surrogate}/u.test(text)) throw new RaftError('invalidArgument', `not well-formed Unicode: ${JSON.stringify(text.slice(0, 80))}`);
  return encoder.encode(text);
}

function encodeAscii(text: string): Bytes | undefined {
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code > 0x7f) return undefined;
    bytes[at] = code;
  }
  return bytes;
}

/**
 * Text from UTF-8.
 *
 * @throws RaftError `malformed` if the bytes are not UTF-8.
 */
export function decodeUtf8(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes);
  } catch (cause) {
    throw new RaftError('malformed', `not UTF-8: ${bytes.length} bytes`, { cause });
  }
}
