import type { Bytes } from './bytes.ts';
import { RaftError } from './errors.ts';
import { maxCounter } from './ids.ts';
import { setU16, setU32, setU53 } from './integers.ts';
import { encodeUtf8 } from './platform.ts';

/**
 * Builds bytes from left to right. Give the right capacity and nothing is ever copied twice; otherwise it grows. Numbers are
 * big-endian; one that doesn't fit throws `invalidArgument`.
 */
export class Writer {
  #bytes: Bytes;
  #length = 0;

  constructor(capacity = 64) {
    this.#bytes = new Uint8Array(capacity);
  }

  /** Bytes written so far. */
  get length(): number {
    return this.#length;
  }

  /** One byte. */
  u8(value: number): void {
    check(value, 0xff);
    const at = this.#take(1);
    this.#bytes[at] = value;
  }

  /** Two bytes. */
  u16(value: number): void {
    check(value, 0xffff);
    const at = this.#take(2);
    setU16(this.#bytes, at, value);
  }

  /** Four bytes. */
  u32(value: number): void {
    check(value, 0xffff_ffff);
    const at = this.#take(4);
    setU32(this.#bytes, at, value);
  }

  /** A whole number up to 2^53 − 1 in eight bytes. */
  u53(value: number): void {
    check(value, maxCounter);
    const at = this.#take(8);
    setU53(this.#bytes, at, value);
  }

  /** One byte, 0 or 1. */
  boolean(value: boolean): void {
    this.u8(value ? 1 : 0);
  }

  /** A whole number up to 2^53 − 1, seven bits a byte, lowest first (LEB128), in as few bytes as it takes. */
  varint(value: number): void {
    check(value, maxCounter);
    let rest = value;
    while (rest >= 0x80) {
      this.u8((rest % 0x80) | 0x80);
      rest = Math.floor(rest / 0x80);
    }
    this.u8(rest);
  }

  /** Bytes behind their length (a varint). */
  bytes(value: Uint8Array): void {
    this.varint(value.length);
    this.raw(value);
  }

  /** UTF-8 behind its length in bytes (a varint). */
  string(text: string): void {
    this.bytes(encodeUtf8(text));
  }

  /** Bytes as they are, without a length. */
  raw(value: Uint8Array): void {
    const at = this.#take(value.length);
    this.#bytes.set(value, at);
  }

  /** Leaves room for something that is filled in after {@link Writer.finish}. */
  skip(length: number): void {
    this.#take(length);
  }

  /** What was written: a view, not a copy. Write nothing more after this. */
  finish(): Bytes {
    return this.#length === this.#bytes.length ? this.#bytes : this.#bytes.subarray(0, this.#length);
  }

  #take(length: number): number {
    const at = this.#length;
    const end = at + length;
    if (end > this.#bytes.length) this.#grow(end);
    this.#length = end;
    return at;
  }

  #grow(wanted: number): void {
    const larger = new Uint8Array(Math.max(wanted, this.#bytes.length * 2));
    larger.set(this.#bytes);
    this.#bytes = larger;
  }
}

function check(value: number, max: number): void {
  if (!Number.isInteger(value) || value < 0 || value > max) {
    throw new RaftError('invalidArgument', `a whole number from 0 to ${max} expected, not ${value}`);
  }
}
