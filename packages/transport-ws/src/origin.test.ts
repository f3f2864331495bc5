import { describe, expect, test } from 'vitest';
import { isOriginAllowed } from './origin.ts';

describe('isOriginAllowed', () => {
  test.each([
    ['no origin, which browsers always say', undefined, 'node1.example'],
    ['the host itself', 'https://node1.example', 'node1.example'],
    ['the host itself at its port', 'http://node1.example:9081', 'Node1.Example:9081'],
    ['a listed origin', 'https://app.example', 'node1.example'],
  ])('lets in %s', (_, origin, host) => {
    expect(isOriginAllowed({ origin, host }, ['https://app.example'])).toBe(true);
  });

  test.each([
    ['another site', 'https://evil.example', 'node1.example'],
    ['another port of the host', 'https://node1.example:8443', 'node1.example'],
    ['a subdomain', 'https://evil.node1.example', 'node1.example'],
    ['a site that begins with the name of the host', 'https://node1.example.evil.example', 'node1.example'],
    ['a listed origin by another scheme', 'http://app.example', 'node1.example'],
    ['a page without an origin', 'null', 'node1.example'],
    ['a page without an origin, asked of no host', 'null', undefined],
    ['an empty origin', '', ''],
    ['an origin of no host', 'file://', ''],
  ])('refuses %s', (_, origin, host) => {
    expect(isOriginAllowed({ origin, host }, ['https://app.example'])).toBe(false);
  });
});
