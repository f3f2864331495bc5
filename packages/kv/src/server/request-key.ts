import { keySchema } from '../commands.ts';

/** A part of a request, or the reason why it can't be taken. */
export type Parsed<Value> = { readonly ok: true; readonly value: Value } | { readonly ok: false; readonly reason: string };

/** Where keys begin in a request's path. */
export const keyPrefix = '/v1/kv/';

/**
 * The path as it came, still percent-encoded. A URL parser would resolve dots (`/v1/kv/a/../b`) and decode what it
 * likes; keys are taken literally instead.
 */
export function rawPath(target: string): string {
  const afterAuthority = target.startsWith('/') ? target : target.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?]*/i, '');
  const end = afterAuthority.indexOf('?');
  return end === -1 ? afterAuthority : afterAuthority.slice(0, end);
}

/** What stands behind the path. */
export function queryOf(target: string): URLSearchParams {
  const start = target.indexOf('?');
  return new URLSearchParams(start === -1 ? '' : target.slice(start + 1));
}

/** The key that a raw path behind {@link keyPrefix} names. */
export function parseKey(path: string): Parsed<string> {
  const encoded = path.slice(keyPrefix.length);
  if (encoded === '') return { ok: false, reason: 'the key is empty: give one behind /v1/kv/' };
  if (!/^[!-~]*$/.test(encoded)) return { ok: false, reason: 'the path holds bytes that must be percent-encoded' };
  let key: string;
  try {
    key = decodeURIComponent(encoded);
  } catch {
    return { ok: false, reason: 'the percent-encoding of the key is broken, or does not give UTF-8' };
  }
  const parsed = keySchema.safeParse(key);
  return parsed.success
    ? { ok: true, value: parsed.data }
    : { ok: false, reason: parsed.error.issues.map((issue) => issue.message).join('; ') };
}
