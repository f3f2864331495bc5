import { type Expected, expectedSchema } from '../commands.ts';
import type { Parsed } from './request-key.ts';

/** The revision as an entity tag. */
export function entityTag(revision: number): string {
  return `"${revision}"`;
}

/**
 * What a write asks for by the standard preconditions (RFC 9110 §13.1): `If-Match: "REVISION"`, `If-Match: *` (the key
 * must be there), `If-None-Match: *` (it must not). Other forms are refused, not ignored: a write must not happen
 * without a condition that was asked for.
 */
export function parsePreconditions(headers: {
  readonly ifMatch: string | undefined;
  readonly ifNoneMatch: string | undefined;
}): Parsed<Expected | undefined> {
  const { ifMatch, ifNoneMatch } = headers;
  if (ifMatch !== undefined && ifNoneMatch !== undefined) return { ok: false, reason: 'give If-Match or If-None-Match, not both' };
  if (ifNoneMatch !== undefined) {
    if (ifNoneMatch.trim() === '*') return { ok: true, value: null };
    return { ok: false, reason: `If-None-Match takes only * for a write, not ${ifNoneMatch}` };
  }
  if (ifMatch === undefined) return { ok: true, value: undefined };
  if (ifMatch.trim() === '*') return { ok: true, value: 'present' };
  const digits = /^\s*"([1-9][0-9]*)"\s*$/.exec(ifMatch)?.[1];
  const revision = expectedSchema.safeParse(digits === undefined ? undefined : Number(digits));
  if (!revision.success) return { ok: false, reason: `If-Match takes one revision in double quotes, or *, not ${ifMatch}` };
  return { ok: true, value: revision.data };
}

/** Whether an If-None-Match of a GET names this revision: the client has the value already (RFC 9110 §13.1.2). */
export function matchesTag(ifNoneMatch: string | undefined, revision: number): boolean {
  if (ifNoneMatch === undefined) return false;
  const tags = ifNoneMatch.split(',').map((tag) => tag.trim().replace(/^W\//, ''));
  return tags.includes('*') || tags.includes(entityTag(revision));
}
