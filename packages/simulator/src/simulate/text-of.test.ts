import { expect, test } from 'vitest';
import { textOf } from './text-of.ts';

const different: readonly (readonly [unknown, unknown])[] = [
  [new globalThis.Date(1), new globalThis.Date(2)],
  [new Error('one'), new Error('two')],
  [Uint8Array.of(1).buffer, Uint8Array.of(2).buffer],
  [Float64Array.of(1), Float64Array.of(2)],
  [new DataView(Uint8Array.of(1).buffer), new DataView(Uint8Array.of(2).buffer)],
  [new Map([['a', 1]]), new Map([['a', 2]])],
  [new Set([1]), new Set([2])],
  [1n, 1],
  [undefined, null],
  [Number.NaN, null],
];

for (const [one, other] of different) {
  test(`a ${Object.prototype.toString.call(one)} is told from another value`, () => {
    expect(textOf({ in: one })).not.toBe(textOf({ in: other }));
  });
}

test('the order of keys means nothing', () => {
  expect(textOf({ a: 1, b: 2 })).toBe(textOf({ b: 2, a: 1 }));
});
