import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bytes, configuration } from '../test/arbitraries.ts';
import { outcomeOf } from '../test/outcome.ts';
import { decodeConfiguration, encodeConfiguration, maxMembers } from './index.ts';

const storageId = '0123456789abcdef0123456789abcdef';

describe('a configuration', () => {
  test('decodes to what it was encoded from', () => {
    fc.assert(
      fc.property(configuration, (value) => {
        expect(decodeConfiguration(encodeConfiguration(value))).toEqual(value);
      }),
    );
  });

  test('of the most members comes through, of one more is refused', () => {
    const voters = Array.from({ length: maxMembers }, (_, position) => ({ id: `n${position}`, storageId, address: 'x'.repeat(256) }));
    expect(decodeConfiguration(encodeConfiguration({ voters }))).toEqual({ voters });
    expect(outcomeOf(() => encodeConfiguration({ voters: [...voters, { id: 'more', storageId }] }))).toEqual({ code: 'invalidArgument' });
  });

  test.each([
    ['no member', []],
    [
      'an id twice',
      [
        { id: 'n1', storageId },
        { id: 'n1', storageId: storageId.replaceAll('0', 'f') },
      ],
    ],
    ['an id that is none', [{ id: 'n 1', storageId }]],
    ['a storage id that is none', [{ id: 'n1', storageId: 'none' }]],
    ['an empty address', [{ id: 'n1', storageId, address: '' }]],
  ])('with %s is never put into a log', (_, voters) => {
    expect(outcomeOf(() => encodeConfiguration({ voters }))).toEqual({ code: 'invalidArgument' });
  });

  test('with a bad member is refused when it comes in', () => {
    const good = encodeConfiguration({ voters: [{ id: 'n1', storageId }] });
    const bad = Uint8Array.from(good);
    bad[2] = ' '.charCodeAt(0);
    expect(outcomeOf(() => decodeConfiguration(bad))).toEqual({ code: 'malformed' });
    expect(outcomeOf(() => decodeConfiguration(Uint8Array.from([...good, 0])))).toEqual({ code: 'malformed' });
  });

  test('made of arbitrary bytes is a typed error, or encodes to the same bytes', () => {
    fc.assert(
      fc.property(bytes, (noise) => {
        const outcome = outcomeOf(() => decodeConfiguration(noise));
        if ('code' in outcome) expect(outcome.code).toBe('malformed');
        else expect(encodeConfiguration(outcome.value)).toEqual(noise);
      }),
    );
  });
});
