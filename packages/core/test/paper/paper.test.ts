import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { allRules, waitsFor } from './rules.ts';

const folder = new URL('.', import.meta.url);
const tests = readdirSync(folder)
  .filter((name) => name.endsWith('.test.ts') && name !== 'paper.test.ts')
  .map((name) => readFileSync(new URL(name, folder), 'utf8'))
  .join('\n');

describe('the paper’s rules', () => {
  test(`have a test each: all ${allRules.length}`, () => {
    const tested = new Set([...tests.matchAll(/rule\(\s*'([^']+)'/g)].map(([, id]) => id));
    expect(allRules.filter((id) => !tested.has(id))).toEqual([]);
  });

  const features = Object.values(waitsFor);
  const counts = [...new Set(features)].map((feature) => `${features.filter((other) => other === feature).length} for ${feature}`);
  test(`wait for what is not there yet: ${counts.join(', ')}`, () => {
    const waiting = Object.keys(waitsFor);
    expect(waiting.filter((id) => allRules.some((other) => id.startsWith(other)))).toEqual([]);
  });
});
