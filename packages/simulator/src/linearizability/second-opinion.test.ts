import { expect, test } from 'vitest';
import { Violation } from '../invariants/violation.ts';
import type { HistoryOperation } from './history.ts';
import type { KvAnswer, KvInput } from './kv-model.ts';
import { askSecondOpinion } from './second-opinion.ts';

function at(time: number, input: KvInput, output: KvAnswer): HistoryOperation<KvInput, KvAnswer> {
  return { client: 1, input, invokedAt: time, returned: { at: time + 1, output } };
}

const put = at(0, { kind: 'put', key: 'x', value: 'a' }, { value: null });

test('a history with an order passes, and one without is a violation that tells what fits nowhere', () => {
  expect(askSecondOpinion([put, at(2, { kind: 'read', key: 'x' }, { value: 'a' })])).toBe('ok');
  const stale = [put, at(2, { kind: 'read', key: 'x' }, { value: null })];
  expect(() => askSecondOpinion(stale)).toThrow(Violation);
  expect(() => askSecondOpinion(stale)).toThrow(/then the state is "a", and this one fits nowhere:\n.*read x -> null$/);
});

test('one that takes too long is undecided', () => {
  const wide = Array.from({ length: 20 }, (_, client): HistoryOperation<KvInput, KvAnswer> => {
    return { client, input: { kind: 'put', key: 'x', value: `${client}` }, invokedAt: 0, returned: { at: 1, output: {} } };
  });
  expect(askSecondOpinion([...wide, at(2, { kind: 'read', key: 'x' }, { value: 'never' })])).toBe('unknown');
});
