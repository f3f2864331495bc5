import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { negotiateVersion, spokenVersions, wireVersion } from './index.ts';

describe('version negotiation', () => {
  test.each([
    [[1, 1], [1, 1], 1],
    [[1, 3], [2, 5], 3],
    [[2, 5], [1, 3], 3],
    [[1, 9], [4, 4], 4],
    [[1, 2], [3, 4], undefined],
    [[3, 4], [1, 2], undefined],
  ])('between %j and %j gives %s', ([ourMin = 0, ourMax = 0], [theirMin = 0, theirMax = 0], expected) => {
    expect(negotiateVersion({ minVersion: ourMin, maxVersion: ourMax }, { minVersion: theirMin, maxVersion: theirMax })).toBe(expected);
  });

  test('gives the highest that both speak, the same at both ends', () => {
    const range = fc.tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 })).map((ends) => ({
      minVersion: Math.min(...ends),
      maxVersion: Math.max(...ends),
    }));
    fc.assert(
      fc.property(range, range, (ours, theirs) => {
        const both = [9, 8, 7, 6, 5, 4, 3, 2, 1].filter((version) =>
          [ours, theirs].every(({ minVersion, maxVersion }) => minVersion <= version && version <= maxVersion),
        );
        expect(negotiateVersion(ours, theirs)).toBe(both[0]);
        expect(negotiateVersion(theirs, ours)).toBe(both[0]);
      }),
    );
  });

  test('with ourselves gives the version that we write', () => {
    expect(negotiateVersion(spokenVersions, spokenVersions)).toBe(wireVersion);
  });
});
