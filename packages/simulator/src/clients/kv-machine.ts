import { type Bytes, decodeUtf8, encodeUtf8 } from '@raft/wire';

/** What changes the store. `compareAndSwap` writes only over `expected` (null: no value). */
export type KvCommand =
  | { readonly kind: 'put'; readonly key: string; readonly value: string }
  | { readonly kind: 'append'; readonly key: string; readonly value: string }
  | { readonly kind: 'compareAndSwap'; readonly key: string; readonly expected: string | null; readonly value: string }
  | { readonly kind: 'delete'; readonly key: string };

/** What a command or a read found: the value before it (null: none), and for `compareAndSwap` whether it wrote. */
export interface KvResult {
  readonly value: string | null;
  readonly swapped?: boolean;
}

/** As proposed: which client's operation it is, and the command. */
export interface KvOperation {
  readonly id: number;
  readonly command: KvCommand;
}

/** `padding` bytes of nothing make it larger. */
export function encodeOperation({ id, command }: KvOperation, padding = 0): Bytes {
  const { kind, key, value, expected } = { value: '', expected: null, ...command };
  return encodeUtf8(`${JSON.stringify([id, kind, key, value, expected])}${' '.repeat(padding)}`);
}

export function decodeOperation(data: Bytes): KvOperation {
  const [id, kind, key, value, expected] = JSON.parse(decodeUtf8(data)) as [number, KvCommand['kind'], string, string, string | null];
  if (kind === 'delete') return { id, command: { kind, key } };
  return { id, command: kind === 'compareAndSwap' ? { kind, key, expected, value } : { kind, key, value } };
}

/** The state of one key. */
export function applyCommand(value: string | null, command: KvCommand): { readonly value: string | null; readonly result: KvResult } {
  switch (command.kind) {
    case 'put':
      return { value: command.value, result: { value } };
    case 'append':
      return { value: `${value ?? ''}${command.value}`, result: { value } };
    case 'delete':
      return { value: null, result: { value } };
    case 'compareAndSwap': {
      const swapped = value === command.expected;
      return { value: swapped ? command.value : value, result: { value, swapped } };
    }
  }
}

/** A small key-value store, with a digest of everything that ever happened to it: the state machine under test. */
export class KvMachine {
  /** Of the last entry that was applied. */
  index = 0;
  term = 0;
  /** Two machines with one digest have applied the same commands in the same order. */
  digest = 0x811c9dc5;
  private values = new Map<string, string>();

  /** Takes an entry; only commands have data and a result. */
  apply(entry: { readonly index: number; readonly term: number; readonly data: Bytes | undefined }): KvResult | undefined {
    this.index = entry.index;
    this.term = entry.term;
    const { data } = entry;
    if (data === undefined) return undefined;
    this.digest = hash(this.digest, data);
    const { command } = decodeOperation(data);
    const { value, result } = applyCommand(this.values.get(command.key) ?? null, command);
    if (value === null) this.values.delete(command.key);
    else this.values.set(command.key, value);
    return result;
  }

  read(key: string): KvResult {
    return { value: this.values.get(key) ?? null };
  }

  snapshot(): Bytes {
    const { index, term, digest } = this;
    const keys = [...this.values.keys()].sort();
    const text = encodeUtf8(JSON.stringify({ index, term, digest, values: keys.map((key) => [key, this.values.get(key)]) }));
    const data = new Uint8Array(8 + text.length);
    const view = new DataView(data.buffer);
    view.setUint32(0, text.length);
    view.setUint32(4, hash(0, text));
    data.set(text, 8);
    return data;
  }

  /** False, and unchanged, when the bytes are no whole snapshot: chunks of two of them were mixed, or one is missing. */
  restore(data: Bytes): boolean {
    if (data.length < 8) return false;
    const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
    const text = data.subarray(8);
    if (view.getUint32(0) !== text.length || view.getUint32(4) !== hash(0, text)) return false;
    const { index, term, digest, values } = JSON.parse(decodeUtf8(text)) as {
      readonly index: number;
      readonly term: number;
      readonly digest: number;
      readonly values: readonly [string, string][];
    };
    Object.assign(this, { index, term, digest });
    this.values = new Map(values);
    return true;
  }
}

function hash(start: number, bytes: Bytes): number {
  let value = start;
  for (const byte of bytes) value = Math.imul(value ^ byte, 0x01000193);
  return (value ^ (value >>> 15)) >>> 0;
}
