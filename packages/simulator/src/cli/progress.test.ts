import { describe, expect, test } from 'vitest';
import { Tally } from '../campaign/summary.ts';
import { Progress } from './progress.ts';

function screen(terminal: boolean, columns = 100) {
  const written: string[] = [];
  return { written, isTTY: terminal, columns, write: (text: string) => written.push(text) };
}

function tallyOf(seeds: number, failures = 0): Tally {
  const tally = new Tally({ code: 'x', campaign: { seeds: [1, 2000], shards: 1 }, shards: [1], marks: [], waiting: {} });
  for (let seed = 1; seed <= seeds; seed++) {
    tally.add({
      seed,
      hash: seed,
      events: 1,
      simulatedUs: 60_000_000,
      faults: 1,
      elections: 1,
      acknowledged: 1,
      stats: {},
      marks: {},
      profile: 'mix',
      level: 'protocol',
      failure: seed <= failures ? { seed, invariant: 'I01', message: 'two leaders' } : undefined,
    });
  }
  return tally;
}

/** What a terminal shows of it. */
function visible(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: escapes begin with one.
  return text.replace(/\u001b\[[\d;]*[mK]|\r/g, '');
}

describe('progress', () => {
  test('is a bar on a terminal, redrawn in its place and no wider than the window', () => {
    for (const columns of [60, 80, 100, 200]) {
      const terminal = screen(true, columns);
      new Progress(terminal, 2000).update(tallyOf(500, 3));
      const [drawn = ''] = terminal.written;
      expect(drawn.startsWith('\r\u001b[K')).toBe(true);
      expect(visible(drawn)).toContain('500/2,000 seeds');
      expect(visible(drawn).length, visible(drawn)).toBeLessThan(columns);
    }
  });

  test('says how many seeds have failed', () => {
    const terminal = screen(true);
    new Progress(terminal, 2000).update(tallyOf(500, 3));
    expect(visible(terminal.written.join(''))).toContain('3 failed');
  });

  test('leaves what is printed standing, and no bar behind', () => {
    const terminal = screen(true);
    const progress = new Progress(terminal, 10);
    progress.update(tallyOf(1));
    progress.print(['seed 1 failed']);
    progress.update(tallyOf(2));
    progress.clear();
    const text = terminal.written.join('');
    expect(text).toContain('\r\u001b[Kseed 1 failed\n');
    expect(text.endsWith('\r\u001b[K')).toBe(true);
  });

  test('has no escapes in a log', () => {
    const log = screen(false);
    const progress = new Progress(log, 10);
    progress.begin('seeds 1..10');
    progress.update(tallyOf(5));
    progress.clear();
    expect(log.written.join('')).not.toContain('\u001b');
    expect(log.written[0]).toBe('seeds 1..10\n');
  });
});
