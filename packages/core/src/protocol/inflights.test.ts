import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Inflights } from './inflights.ts';

describe('the window of appends under way', () => {
  test('is full by count or by bytes, as a plain list says', () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant('add' as const), bytes: fc.integer({ min: 1, max: 50 }), entries: fc.integer({ min: 1, max: 4 }) }),
      fc.record({ kind: fc.constant('acknowledge' as const), index: fc.nat(60) }),
      fc.record({ kind: fc.constant('clear' as const) }),
    );
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 60 }),
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 1, max: 120 }),
        (steps, maxInflightMessages, maxInflightBytes) => {
          const window = new Inflights({ maxInflightMessages, maxInflightBytes });
          let list: { lastIndex: number; bytes: number }[] = [];
          let lastIndex = 0;
          for (const { kind, ...rest } of steps) {
            if (kind === 'add' && 'bytes' in rest && !window.full) {
              lastIndex += rest.entries;
              const message = { lastIndex, bytes: rest.bytes };
              window.add(message);
              list.push(message);
            } else if (kind === 'acknowledge' && 'index' in rest) {
              window.acknowledge(rest.index);
              list = list.filter((message) => message.lastIndex > rest.index);
            } else if (kind === 'clear') {
              window.clear();
              list = [];
            }
            const bytes = list.reduce((sum, message) => sum + message.bytes, 0);
            expect(window.count).toBe(list.length);
            expect(window.full).toBe(list.length >= maxInflightMessages || bytes >= maxInflightBytes);
          }
        },
      ),
    );
  });
});
