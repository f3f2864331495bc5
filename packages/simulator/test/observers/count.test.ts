import { describe, expect, test } from 'vitest';
import { countInto } from '../../src/trace/count.ts';
import { noStats } from '../../src/trace/stats.ts';
import { noop, Stage } from './one-node-stage.ts';

describe('the statistics of a history', () => {
  test('count what can be seen from outside', () => {
    const stats = noStats();
    const stage = new Stage({ also: [countInto(stats)] });
    const operation = stage.invoke(1);
    stage.elect(0, 2);
    stage.write(1, { entries: [noop(2, 2)] });
    stage.step(1, { lastIndex: 2, durableIndex: 2 });
    stage.write(1, { truncateFrom: 2 });
    stage.say(1, 0, { type: 'AppendEntriesReply', term: 2, round: 0, success: false, prevLogIndex: 1, conflictIndex: 1, conflictTerm: 1 });
    stage.say(1, 0, { type: 'RequestVoteReply', term: 2, granted: false });
    stage.oracle.returned(operation, { type: 'unknown' });
    stage.step(2, { timersSlowed: true });
    expect(stats).toMatchObject({
      elections: 1,
      truncations: 1,
      conflicts: 1,
      votesRejected: 1,
      unknown: 1,
      committed: 0,
      timersSlowed: 1,
    });
  });
});
