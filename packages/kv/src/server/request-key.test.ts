import { describe, expect, test } from 'vitest';
import { parseKey, rawPath } from './request-key.ts';

const keyOf = (target: string) => parseKey(rawPath(target));

describe('the key of a request', () => {
  test('is the percent-decoded rest of the path, slashes included', () => {
    expect(keyOf('/v1/kv/a')).toEqual({ ok: true, value: 'a' });
    expect(keyOf('/v1/kv/a/b//c/')).toEqual({ ok: true, value: 'a/b//c/' });
    expect(keyOf('/v1/kv/a%2Fb%20c%3Fd%25')).toEqual({ ok: true, value: 'a/b c?d%' });
    expect(keyOf('/v1/kv/%E2%82%AC')).toEqual({ ok: true, value: '€' });
    expect(keyOf('/v1/kv/a+b')).toEqual({ ok: true, value: 'a+b' });
  });

  test('keeps dots, which a URL parser would resolve', () => {
    expect(keyOf('/v1/kv/../x')).toEqual({ ok: true, value: '../x' });
    expect(keyOf('/v1/kv/.')).toEqual({ ok: true, value: '.' });
    expect(keyOf('/v1/kv/%2e%2E/x')).toEqual({ ok: true, value: '../x' });
  });

  test('ends before the query', () => {
    expect(keyOf('/v1/kv/a?consistency=local')).toEqual({ ok: true, value: 'a' });
  });

  test('is found in a target with scheme and host', () => {
    expect(keyOf('http://127.0.0.1:8081/v1/kv/a')).toEqual({ ok: true, value: 'a' });
  });

  test('is refused with a reason when it is empty, too long, or not percent-encoded UTF-8', () => {
    for (const target of [
      '/v1/kv/',
      '/v1/kv/%',
      '/v1/kv/%4',
      '/v1/kv/%zz',
      '/v1/kv/%FF',
      '/v1/kv/%ED%A0%80',
      '/v1/kv/ä',
      `/v1/kv/${'a'.repeat(1025)}`,
    ]) {
      expect(keyOf(target)).toMatchObject({ ok: false, reason: expect.any(String) });
    }
  });
});
