import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { type ConfigInput, configSchema, parseConfig } from './config.ts';

describe('configuration', () => {
  test('fills in every default', () => {
    expect(parseConfig()).toMatchObject({
      electionTimeoutMs: 1000,
      heartbeatIntervalMs: 100,
      outcomeTimeoutMs: 5000,
      stallTimeoutMs: 3000,
    });
  });

  test('derives time-outs from the election time-out unless they are given', () => {
    expect(parseConfig({ electionTimeoutMs: 200 })).toMatchObject({ outcomeTimeoutMs: 1000, stallTimeoutMs: 600 });
    expect(parseConfig({ electionTimeoutMs: 200, outcomeTimeoutMs: 7 })).toMatchObject({ outcomeTimeoutMs: 7, stallTimeoutMs: 600 });
  });

  test.each<[ConfigInput, string]>([
    [{ electionTimeoutMs: 0 }, 'electionTimeoutMs = 0'],
    [{ heartbeatIntervalMs: 1.5 }, 'heartbeatIntervalMs = 1.5'],
    [{ electionTimeoutMs: 100, heartbeatIntervalMs: 60 }, 'heartbeatIntervalMs = 60: at most half of electionTimeoutMs'],
    [{ maxAppendBytes: Number.NaN }, 'maxAppendBytes'],
    [{ snapshotChunkBytes: 2 ** 30 }, 'snapshotChunkBytes = 1073741824'],
    [{ electionTimeout: 5 } as ConfigInput, 'electionTimeout'],
  ])('refuses %o by name', (input, message) => {
    expect(() => parseConfig(input)).toThrow(
      expect.objectContaining({ code: 'invalidArgument', message: expect.stringContaining(message) }),
    );
  });

  test('is documented option by option, with its defaults', () => {
    const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
    const documented = [...readme.matchAll(/^\| `(\w+)` \| ([^|]+) \|/gm)].map(([, option, value]) => [option, value?.trim()]);
    const derived: Record<string, string> = { outcomeTimeoutMs: '5 × `electionTimeoutMs`', stallTimeoutMs: '3 × `electionTimeoutMs`' };
    const defaults = Object.entries(configSchema.parse({})).map(([option, value]) => [option, derived[option] ?? String(value)]);
    const options = new Set(defaults.map(([option]) => option));
    expect(documented.filter(([option]) => options.has(option))).toEqual(defaults);
  });
});
