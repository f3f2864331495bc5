import { describe, expect, test } from 'vitest';
import { parseConfig } from '../config.ts';
import { Progress } from './progress.ts';

const peer = { id: 'b', storageId: 'b'.repeat(32) };

function progress(nextIndex = 11): Progress {
  return new Progress(peer, { nextIndex, now: 0, config: parseConfig({}) });
}

describe('what a leader knows about a follower', () => {
  test('begins as a probe behind the leader’s log, with nothing known to match (paper, Figure 2)', () => {
    expect(progress()).toMatchObject({ state: 'probe', matchIndex: 0, nextIndex: 11, paused: false });
  });

  test('never goes back: an old acknowledgement is no news', () => {
    const one = progress();
    expect(one.acknowledge(7)).toBe(true);
    expect(one.acknowledge(5)).toBe(false);
    expect(one.acknowledge(7)).toBe(false);
    expect(one.matchIndex).toBe(7);
  });

  test('keeps matchIndex below nextIndex, whatever happens', () => {
    const one = progress(3);
    one.acknowledge(9);
    expect(one.nextIndex).toBe(10);
    one.becomeProbe(2);
    expect(one.nextIndex).toBe(10);
    one.nextIndex = 20;
    one.becomeReplicate();
    expect(one).toMatchObject({ matchIndex: 9, nextIndex: 20, state: 'replicate' });
    one.becomeProbe(15);
    expect(one).toMatchObject({ matchIndex: 9, nextIndex: 15, state: 'probe' });
  });

  test('forgets what was under way when its state changes', () => {
    const one = progress();
    one.becomeReplicate();
    one.inflights.add({ lastIndex: 12, bytes: 100 });
    one.becomeProbe(11);
    expect(one.inflights.count).toBe(0);
    expect(one.transfer).toBeUndefined();
  });
});
