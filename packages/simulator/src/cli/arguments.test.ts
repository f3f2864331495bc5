import { availableParallelism } from 'node:os';
import { describe, expect, test } from 'vitest';
import { parseJobs, parseSeed, parseSeeds, parseShard, refuseIgnored } from './arguments.ts';

describe('what is typed', () => {
  test('names one seed, or a range of them', () => {
    expect(parseSeeds('7')).toEqual([7, 7]);
    expect(parseSeeds('1..2000')).toEqual([1, 2000]);
    expect(parseSeeds('1..1_000_000')).toEqual([1, 1_000_000]);
    expect(parseSeed('0')).toBe(0);
  });

  test('names a part of a campaign, from 1', () => {
    expect(parseShard('3/100')).toEqual({ shard: 3, shards: 100 });
    expect(parseShard('1/1')).toEqual({ shard: 1, shards: 1 });
  });

  test('need not name the number of jobs', () => {
    expect(parseJobs('2')).toBe(2);
    expect(parseJobs(undefined)).toBe(availableParallelism());
  });

  test('is not ignored', () => {
    expect(() => refuseIgnored('seeds', ['seeds', 'trace'])).toThrow('--trace goes with --seed or --replay');
    expect(() => refuseIgnored(undefined, ['shard'])).toThrow('--shard goes with --seeds');
    expect(() => refuseIgnored('seed', ['seed', 'trace', 'failures'])).not.toThrow();
    expect(() => refuseIgnored(undefined, [])).not.toThrow();
  });

  const wrong: readonly (readonly [parse: () => unknown, message: string])[] = [
    [() => parseSeeds('5..1'), 'did you mean 1..5?'],
    [() => parseSeeds('1-5'), 'not "1-5"'],
    [() => parseSeeds('-3'), 'not "-3"'],
    [() => parseSeeds('1..'), 'not "1.."'],
    [() => parseSeeds(''), 'not ""'],
    [() => parseSeeds('1..1e9'), 'not "1..1e9"'],
    [() => parseSeeds('1..99999999999999999999'), 'seeds end at 2^53 - 1'],
    [() => parseSeed('1.5'), 'not "1.5"'],
    [() => parseSeed('1..5'), 'not "1..5"'],
    [() => parseShard('0/3'), 'parts are numbered from 1 to 3'],
    [() => parseShard('4/3'), 'parts are numbered from 1 to 3'],
    [() => parseShard('1/0'), 'there is no campaign of 0 parts'],
    [() => parseShard('1'), 'not "1"'],
    [() => parseJobs('0'), 'not "0"'],
    [() => parseJobs('two'), 'not "two"'],
    [() => parseJobs('100000'), 'from 1 to 512'],
  ];
  for (const [parse, message] of wrong) {
    test(`is refused with the value in question: ${message}`, () => {
      expect(parse).toThrow(message);
    });
  }
});
