import { describe, expect, test } from 'vitest';
import { runSeed } from '../../src/campaign/run-seed.ts';
import { type TraceLine, traceLineSchema } from '../../src/trace/line-schema.ts';
import { ndjson } from '../../src/trace/ndjson.ts';
import { noop, Stage } from './one-node-stage.ts';

function linesOf(play: (stage: Stage) => void): readonly TraceLine[] {
  const lines: string[] = [];
  const stage = new Stage({ only: 'none', also: [ndjson({ now: () => 7.5, write: (line) => lines.push(line) })] });
  play(stage);
  return lines.map((line) => traceLineSchema.parse(JSON.parse(line)));
}

describe('the trace as NDJSON', () => {
  test('holds lines of the schema only, for everything that happens in a seed', { timeout: 60_000 }, async () => {
    const events = new Set<string>();
    let state = '';
    const write = (line: string): void => {
      const parsed = traceLineSchema.parse(JSON.parse(line));
      events.add(parsed.event);
      if ('state' in parsed && parsed.state.role === 'leader') state = line;
    };
    const { failure } = await runSeed({ seed: 21, wishes: { level: 'protocol' }, observers: [ndjson({ now: () => 0, write })] });
    expect(failure).toBeUndefined();
    expect([...events].sort()).toEqual(
      ['apply', 'crash', 'invoke', 'ready', 'receive', 'restore', 'return', 'send', 'start', 'step', 'write'].filter((event) =>
        events.has(event),
      ),
    );
    expect(events.size).toBeGreaterThan(8);
    expect(state).toContain('"matchIndex":{');
  });

  test('says each state by the names of Figure 2', () => {
    const lines = linesOf((stage) => {
      stage.elect(0, 2);
      stage.write(0, { entries: [noop(2, 2)] });
    });
    expect(lines.at(-1)).toEqual({
      event: 'write',
      at: 7,
      node: 'n0',
      state: {
        role: 'leader',
        currentTerm: 2,
        votedFor: 'n0',
        log: [
          [1, 1],
          [2, 2],
        ],
        lastIndex: 1,
        commitIndex: 1,
        lastApplied: 0,
      },
      entries: [[2, 2]],
    });
  });

  test('names the sender in a message as the paper does', () => {
    const lines = linesOf((stage) => {
      stage.say(0, 1, { type: 'RequestVote', term: 1, lastLogIndex: 1, lastLogTerm: 1 });
      stage.say(1, 0, { type: 'RequestVoteReply', term: 1, granted: true });
    });
    expect(lines.flatMap((line) => (line.event === 'send' ? [line.message] : []))).toEqual([
      { type: 'RequestVote', term: 1, candidateId: 'n0', lastLogIndex: 1, lastLogTerm: 1 },
      { type: 'RequestVoteReply', term: 1, voteGranted: true },
    ]);
  });
});
