import { describe, expect, test } from 'vitest';
import { matchesTag, parsePreconditions } from './preconditions.ts';

const parse = (ifMatch?: string, ifNoneMatch?: string) => parsePreconditions({ ifMatch, ifNoneMatch });

describe('preconditions of a write', () => {
  test('none: it is unconditional', () => {
    expect(parse()).toEqual({ ok: true, value: undefined });
  });

  test('If-Match with a revision: that one must stand', () => {
    expect(parse('"12"')).toEqual({ ok: true, value: 12 });
    expect(parse(' "12" ')).toEqual({ ok: true, value: 12 });
  });

  test('If-Match: *: the key must be there', () => {
    expect(parse('*')).toEqual({ ok: true, value: 'present' });
  });

  test('If-None-Match: *: the key must not be there', () => {
    expect(parse(undefined, '*')).toEqual({ ok: true, value: null });
  });

  test('every other form is refused with a reason', () => {
    for (const form of ['12', '"0"', '"-1"', '"1.5"', '"012"', 'W/"12"', '"1", "2"', '"a"', '', '"9007199254740993"']) {
      expect(parse(form)).toMatchObject({ ok: false, reason: expect.stringContaining('If-Match') });
    }
    for (const form of ['"12"', '', 'null'])
      expect(parse(undefined, form)).toMatchObject({ ok: false, reason: expect.stringContaining('If-None-Match') });
    expect(parse('"12"', '*')).toMatchObject({ ok: false, reason: expect.stringContaining('not both') });
  });
});

describe('If-None-Match of a GET', () => {
  test('matches a tag, one of several, a weak one and *', () => {
    for (const form of ['"5"', '"4", "5"', 'W/"5"', '*']) expect(matchesTag(form, 5)).toBe(true);
    for (const form of [undefined, '"4"', '5']) expect(matchesTag(form, 5)).toBe(false);
  });
});
