import { describe, expect, test, vi } from 'vitest';
import { systemClock } from './system-clock.ts';

describe('systemClock', () => {
  test('never goes back', () => {
    const readings = Array.from({ length: 1000 }, () => systemClock.now());
    expect(readings).toEqual(readings.toSorted((a, b) => a - b));
  });

  test('calls a timer back once, not before its time and not in the same turn', async () => {
    const due = systemClock.now() + 3.5;
    let calls = 0;
    const firedAt = await new Promise<number>((resolve) => {
      systemClock.setTimer(3.5, () => {
        calls += 1;
        resolve(systemClock.now());
      });
      expect(calls).toBe(0);
    });
    expect(firedAt).toBeGreaterThanOrEqual(due);
    await new Promise<void>((resolve) => systemClock.setTimer(5, resolve));
    expect(calls).toBe(1);
  });

  test('does not call a cancelled timer, and cancelling twice or late does nothing', async () => {
    let called = false;
    const timer = systemClock.setTimer(0, () => {
      called = true;
    });
    timer.cancel();
    timer.cancel();
    let late: { cancel(): void } | undefined;
    await new Promise<void>((resolve) => {
      late = systemClock.setTimer(2, resolve);
    });
    late?.cancel();
    expect(called).toBe(false);
  });

  test('waits out delays that a platform timer cannot hold', () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    try {
      const month = 31 * 24 * 3_600_000;
      let calls = 0;
      systemClock.setTimer(month, () => {
        calls += 1;
      });
      const cancelled = systemClock.setTimer(month, () => {
        calls += 100;
      });
      vi.advanceTimersByTime(month - 1);
      expect(calls).toBe(0);
      cancelled.cancel();
      vi.advanceTimersByTime(1);
      expect(calls).toBe(1);
      expect(vi.getTimerCount()).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });

  test('defers to a later turn, in order', async () => {
    const seen: string[] = [];
    await new Promise<void>((resolve) => {
      systemClock.defer(() => seen.push('first'));
      systemClock.defer(() => {
        seen.push('second');
        resolve();
      });
      void Promise.resolve().then(() => seen.push('microtask'));
      seen.push('now');
    });
    expect(seen).toEqual(['now', 'microtask', 'first', 'second']);
  });

  test('draws numbers in [0, 1) that differ', () => {
    const drawn = Array.from({ length: 1000 }, () => systemClock.random());
    expect(drawn.every((number) => number >= 0 && number < 1)).toBe(true);
    expect(new Set(drawn).size).toBe(1000);
  });
});
