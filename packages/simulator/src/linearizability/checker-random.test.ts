import fc from 'fast-check';
import { expect, test } from 'vitest';
import { checkLinearizable } from './checker.ts';
import type { History, HistoryOperation } from './history.ts';
import { type RegisterInput, type RegisterOutput, registerModel } from './register-model.ts';

type Register = HistoryOperation<RegisterInput, { readonly value: RegisterOutput }>;

/** Tries every order of every subset that holds all operations that returned: slow, and obviously right. */
function bruteForce(history: History<RegisterInput, { readonly value: RegisterOutput }>): boolean {
  const extend = (state: number | null, left: readonly Register[]): boolean => {
    if (left.every(({ returned }) => returned === undefined)) return true;
    return left.some((operation) => {
      const isLate = left.some(({ returned }) => returned !== undefined && returned.at < operation.invokedAt);
      if (isLate) return false;
      const next = registerModel.step(state, operation.input, operation.returned?.output);
      return (
        next.ok &&
        extend(
          next.state,
          left.filter((other) => other !== operation),
        )
      );
    });
  };
  return extend(registerModel.init, history);
}

const value = fc.integer({ min: 0, max: 2 });
const input: fc.Arbitrary<RegisterInput> = fc.oneof(
  fc.constant({ kind: 'read' } as const),
  fc.record({ kind: fc.constant('write' as const), value }),
  fc.record({ kind: fc.constant('cas' as const), from: value, to: value }),
);

/** Any answer at all to reads and swaps: most histories are broken. */
const anything: fc.Arbitrary<Register> = fc
  .record({
    client: fc.nat(5),
    input,
    start: fc.nat(12),
    length: fc.nat(8),
    read: fc.option(value),
    swapped: fc.boolean(),
    isUnknown: fc.nat(4),
  })
  .map(({ client, input: asked, start, length, read, swapped, isUnknown }) => {
    const answer = asked.kind === 'read' ? read : asked.kind === 'cas' ? swapped : undefined;
    return {
      client,
      input: asked,
      invokedAt: start,
      returned: isUnknown === 0 ? undefined : { at: start + length, output: { value: answer } },
    };
  });

/** Answers as a register gave them, one operation in each tick, reached for from before and answered after; perhaps one answer is then changed. */
const plausible: fc.Arbitrary<Register[]> = fc
  .record({
    operations: fc.array(fc.record({ input, before: fc.nat(3), after: fc.nat(3), isUnknown: fc.nat(4), happens: fc.boolean() }), {
      maxLength: 8,
    }),
    lie: fc.option(fc.record({ at: fc.nat(7), value })),
  })
  .map(({ operations, lie }) => {
    let state = registerModel.init;
    return operations.map(({ input: asked, before, after, isUnknown, happens }, at) => {
      const read = asked.kind === 'read' ? state : asked.kind === 'cas' ? state === asked.from : undefined;
      if (isUnknown > 0 || happens) state = registerModel.step(state, asked, undefined).state;
      const answer = lie?.at === at && asked.kind === 'read' ? lie.value : read;
      const returned = isUnknown === 0 ? undefined : { at: 10 * at + 10 * after, output: { value: answer } };
      return { client: at, input: asked, invokedAt: 10 * at - 10 * before, returned };
    });
  });

test('the search agrees with trying every order', () => {
  const found = { ok: 0, broken: 0 };
  const check = (history: Register[]): void => {
    const { outcome } = checkLinearizable(registerModel, history);
    expect(outcome).toBe(bruteForce(history) ? 'ok' : 'broken');
    if (outcome !== 'unknown') found[outcome]++;
  };
  fc.assert(fc.property(fc.array(anything, { maxLength: 7 }), check), { seed: 17, numRuns: 400 });
  fc.assert(fc.property(plausible, check), { seed: 18, numRuns: 400 });
  expect(Math.min(found.ok, found.broken)).toBeGreaterThan(100);
});
