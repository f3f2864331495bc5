import { expect, test } from 'vitest';
import { drawPlan } from '../world/draw-plan.ts';
import { parseReplay, replayOf } from './replay.ts';
import { runPlan } from './run-seed.ts';

const failure = { seed: 3, invariant: 'I01', message: 'I01: n0 and n1 both lead term 4', at: 5000 };

test('a plan that went through a file has the same history', async () => {
  for (let seed = 40; seed < 60; seed++) {
    const plan = drawPlan(seed);
    const history = await runPlan(plan, { readable: true });
    const replay = parseReplay(JSON.stringify(replayOf({ code: 'test', plan, failure, history })));
    expect(replay.plan).toEqual(plan);
    expect(await runPlan(replay.plan)).toMatchObject({ hash: history.hash, events: history.events });
    expect(replay.trace).toEqual(history.lines.slice(-200));
  }
});

test('what is no replay file is refused, saying why', () => {
  expect(() => parseReplay('{')).toThrow('it is no JSON');
  expect(() => parseReplay('{"format":"raft-sim replay","version":2}')).toThrow('version');
  const replay = replayOf({ code: 'test', plan: drawPlan(1), failure, history: { lines: [] } });
  expect(() => parseReplay(JSON.stringify({ ...replay, plan: { ...replay.plan, voters: 9 } }))).toThrow('plan.voters');
});
