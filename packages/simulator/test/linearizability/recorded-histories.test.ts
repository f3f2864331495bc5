import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { checkLinearizable } from '../../src/linearizability/checker.ts';
import { kvModel } from '../../src/linearizability/kv-model.ts';
import { registerModel } from '../../src/linearizability/register-model.ts';
import { parseKvLog, parseRegisterLog } from './recordings.ts';

// Beside the repository, not in it.
const folder = new URL('../../../../../shared/histories/', import.meta.url);
const verdicts = new URL('verdicts.json', folder);

describe('recorded histories with known verdicts', () => {
  const known = existsSync(verdicts) ? (JSON.parse(readFileSync(verdicts, 'utf8')) as Record<string, boolean>) : {};

  test('are all there', (context) => {
    if (!existsSync(verdicts)) context.skip('because ../shared/histories does not exist beside the repository');
    expect(Object.keys(known)).toHaveLength(56);
  });

  for (const [file, isLinearizable] of Object.entries(known)) {
    test(`${file} is ${isLinearizable ? '' : 'not '}linearizable`, () => {
      const text = readFileSync(new URL(file, folder), 'utf8');
      const verdict = file.startsWith('kv/')
        ? checkLinearizable(kvModel, parseKvLog(text))
        : checkLinearizable(registerModel, parseRegisterLog(text));
      expect(verdict.outcome).toBe(isLinearizable ? 'ok' : 'broken');
    });
  }
});
