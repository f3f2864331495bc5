import type { Bytes } from './bytes.ts';
import { RaftError } from './errors.ts';
import { maxCounter } from './ids.ts';
import { getU16, getU32, getU53 } from './integers.ts';
import { decodeUtf8 } from './platform.ts';

/**
 * Takes bytes apart from left to right, the counterpart of Writer. Whatever the bytes: each method either returns or throws
 * `malformed`; none allocates more than is really there; what has two spellings is refused in all but the one that Writer makes.
 */
export class Reader {
  readonly #bytes: Bytes;
  #at: number;

  constructor(bytes: Bytes, offset = 0) {
    this.#bytes = bytes;
    this.#at = offset;
  }

  /** Where the next byte is read, counted from the start of the bytes. */
  get offset(): number {
    return this.#at;
  }

  /** Bytes not yet read. */
  get remaining(): number {
    return this.#bytes.length - this.#at;
  }

  /** One byte. */
  u8(): number {
    return this.#bytes[this.#take(1)] as number;
  }

  /** Two bytes. */
  u16(): number {
    return getU16(this.#bytes, this.#take(2));
  }

  /** Four bytes. */
  u32(): number {
    return getU32(this.#bytes, this.#take(4));
  }

  /** A whole number up to 2^53 − 1 in eight bytes. */
  u53(): number {
    const value = getU53(this.#bytes, this.#take(8));
    if (value > maxCounter) throw this.#malformed('a number above 2^53 − 1');
    return value;
  }

  /** One byte, 0 or 1. */
  boolean(): boolean {
    const value = this.u8();
    if (value > 1) throw this.#malformed(`${value} where 0 or 1 must stand`);
    return value === 1;
  }

  /** See `Writer.varint`. */
  varint(): number {
    let value = 0;
    let scale = 1;
    // Eight bytes carry 56 bits: enough for any counter.
    for (let count = 1; count <= 8; count += 1) {
      const byte = this.u8();
      value += (byte & 0x7f) * scale;
      scale *= 0x80;
      if (byte >= 0x80) continue;
      if (byte === 0 && count > 1) throw this.#malformed('a number written longer than needed');
      if (value > maxCounter) break;
      return value;
    }
    throw this.#malformed('a number above 2^53 − 1');
  }

  /** Bytes behind their length: a view, not a copy. */
  bytes(): Bytes {
    return this.raw(this.varint());
  }

  /** UTF-8 behind its length. */
  string(): string {
    return decodeUtf8(this.bytes());
  }

  /** The next `length` bytes: a view, not a copy. */
  raw(length: number): Bytes {
    const at = this.#take(length);
    return new Uint8Array(this.#bytes.buffer, this.#bytes.byteOffset + at, length);
  }

  /** All that is left: a view, not a copy. */
  rest(): Bytes {
    return this.raw(this.remaining);
  }

  /** Refuses bytes that nobody asked for. */
  end(): void {
    if (this.remaining !== 0) throw this.#malformed(`${this.remaining} bytes too many`);
  }

  #take(length: number): number {
    const at = this.#at;
    if (!(length >= 0 && length <= this.#bytes.length - at))
      throw this.#malformed(`${length} bytes wanted, ${this.#bytes.length - at} there`);
    this.#at = at + length;
    return at;
  }

  #malformed(what: string): RaftError {
    return new RaftError('malformed', `${what}, at byte ${this.#at}`);
  }
}
