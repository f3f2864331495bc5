import type { Configuration } from '@raft/wire';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isQuorum, majority, names, quorumValue } from './quorum.ts';

const storageOf = (index: number) => index.toString(16).padStart(32, '0');

function configurationOf(count: number): Configuration {
  return { voters: Array.from({ length: count }, (_, index) => ({ id: `n${index}`, storageId: storageOf(index) })) };
}

const valuesOfVoters = fc.array(fc.nat(20), { minLength: 1, maxLength: 9 });

describe('majority', () => {
  test('is more than half, and no more than it takes: any two of them share a voter (paper §5.1)', () => {
    for (let voters = 1; voters <= 64; voters++) {
      expect(2 * majority(voters)).toBeGreaterThan(voters);
      expect(2 * (majority(voters) - 1)).toBeLessThanOrEqual(voters);
    }
  });
});

describe('quorumValue', () => {
  test('is the largest value that more than half of the voters have reached', () => {
    fc.assert(
      fc.property(valuesOfVoters, (values) => {
        const found = quorumValue(configurationOf(values.length), ({ id }) => values[Number(id.slice(1))] ?? 0);
        const reached = (least: number) => values.filter((value) => value >= least).length * 2 > values.length;
        const candidates = values.filter(reached);
        expect(found).toBe(Math.max(...candidates));
      }),
    );
  });

  test('does not depend on the order of the voters', () => {
    fc.assert(
      fc.property(valuesOfVoters, (values) => {
        const configuration = configurationOf(values.length);
        const valueAt = ({ id }: { id: string }) => values[Number(id.slice(1))] ?? 0;
        const reversed = { voters: [...configuration.voters].reverse() };
        expect(quorumValue(reversed, valueAt)).toBe(quorumValue(configuration, valueAt));
      }),
    );
  });
});

describe('isQuorum', () => {
  test('counts voters only, each once', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9 }), fc.uniqueArray(fc.nat(12)), (count, granted) => {
        const ids = new Set(granted.map((index) => `n${index}`));
        const members = granted.filter((index) => index < count).length;
        expect(isQuorum(configurationOf(count), ids)).toBe(members * 2 > count);
      }),
    );
  });
});

describe('names', () => {
  test('knows a member by its id and its storage together', () => {
    const configuration = configurationOf(3);
    expect(names(configuration, { id: 'n1', storageId: storageOf(1) })).toBe(true);
    expect(names(configuration, { id: 'n1', storageId: storageOf(2) })).toBe(false);
    expect(names(configuration, { id: 'n7', storageId: storageOf(1) })).toBe(false);
    expect(names(null, { id: 'n1', storageId: storageOf(1) })).toBe(false);
  });
});
