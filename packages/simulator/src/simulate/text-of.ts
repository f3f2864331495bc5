/** A value as text: equal texts, equal values. Keys in order, bytes in hex, and what JSON can't say by its name. What a class hides is not compared. */
export function textOf(value: unknown): string {
  return value === undefined ? 'undefined' : (JSON.stringify(plain(value)) ?? String(value));
}

function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return { bytes: Array.from(value, (byte) => byte.toString(16).padStart(2, '0')).join('') };
  if (value instanceof ArrayBuffer) return plain(new Uint8Array(value));
  if (ArrayBuffer.isView(value)) return plain(new Uint8Array(value.buffer, value.byteOffset, value.byteLength));
  // Errors and dates have no fields to look at.
  if (value instanceof Error) return { error: `${value.name}: ${value.message}` };
  if (isJsonAble(value)) return { json: plain(value.toJSON()) };
  if (value instanceof Map) return { map: [...value].map(plain) };
  if (value instanceof Set) return { set: [...value].map(plain) };
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value === 'object' && value !== null) {
    const fields = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1));
    return Object.fromEntries(fields.map(([key, part]) => [key, plain(part)]));
  }
  if (typeof value === 'bigint' || value === undefined) return { [typeof value]: String(value) };
  return typeof value === 'number' && !Number.isFinite(value) ? { number: String(value) } : value;
}

/** It says itself what it is, as dates do. */
function isJsonAble(value: unknown): value is { toJSON(): unknown } {
  return typeof value === 'object' && value !== null && 'toJSON' in value && typeof value.toJSON === 'function';
}
