import { describe, expect, test } from 'vitest';
import { Tickets } from './tickets.ts';

function tickets(): Tickets {
  return new Tickets({ index: 10, term: 2 });
}

describe('tickets', () => {
  test('grow, and stand for everything before them', () => {
    const some = tickets();
    const [first, second] = [some.issue({ lastIndex: 12, term: 2 }), some.issue({ lastIndex: 15, term: 3 })];
    expect(second).toBeGreaterThan(first);
    some.persisted(second);
    expect(some).toMatchObject({ durableIndex: 15, durableTerm: 3, newest: undefined });
  });

  test('of a write that was cut while under way stand for what is left of it, also when the same indices are written again', () => {
    const some = tickets();
    const first = some.issue({ lastIndex: 15, term: 2 });
    some.lower(11);
    const second = some.issue({ lastIndex: 14, term: 3 });
    some.persisted(first);
    expect(some).toMatchObject({ durableIndex: 11, durableTerm: 2 });
    some.persisted(second);
    expect(some).toMatchObject({ durableIndex: 14, durableTerm: 3 });
  });

  test('that are durable stand for less once the log is cut', () => {
    const some = tickets();
    some.lower(7);
    expect(some.durableIndex).toBe(7);
    some.persisted(some.issue({ lastIndex: 8, term: 2 }));
    expect(some.durableIndex).toBe(8);
  });

  test('tell which of them holds a term first', () => {
    const some = tickets();
    some.issue({ lastIndex: 11, term: 2 });
    const second = some.issue({ lastIndex: 11, term: 4 });
    some.issue({ lastIndex: 12, term: 4 });
    expect(some.holding(4)).toBe(second);
    expect(some.holding(3)).toBe(second);
    expect(some.holding(5)).toBeUndefined();
  });

  test('may be told of again, or by the last of them only', () => {
    const some = tickets();
    const first = some.issue({ lastIndex: 11, term: 2 });
    const second = some.issue({ lastIndex: 12, term: 2 });
    some.persisted(second);
    some.persisted(first);
    expect(some.durableIndex).toBe(12);
  });
});
