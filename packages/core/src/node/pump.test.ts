import { expect, test } from 'vitest';
import type { Clock } from '../clock.ts';
import { parseConfig } from '../config.ts';
import { Raft } from '../protocol/raft.ts';
import type { Event } from '../protocol/ready.ts';
import { Pump } from './pump.ts';

/** A clock that is moved by hand. Timers fire as late as the test wants. */
function handClock() {
  let now = 0;
  let turns: (() => void)[] = [];
  let timer: { readonly due: number; readonly callback: () => void } | undefined;
  const clock: Clock = {
    now: () => now,
    defer: (callback) => turns.push(callback),
    random: () => 0.5,
    setTimer: (delayMs, callback) => {
      const set = { due: now + delayMs, callback };
      timer = set;
      return {
        cancel: () => {
          if (timer === set) timer = undefined;
        },
      };
    },
  };
  const run = (): void => {
    while (turns.length > 0) {
      const due = turns;
      turns = [];
      for (const turn of due) turn();
    }
  };
  const fire = (lateMs: number): void => {
    const fired = timer;
    if (!fired) throw new Error('no timer is set');
    now = Math.max(now, fired.due + lateMs);
    timer = undefined;
    fired.callback();
    run();
  };
  const pass = (milliseconds: number): void => {
    now += milliseconds;
  };
  return { clock, run, fire, pass };
}

test('the pump tells the protocol how late its timer fired, once, and nothing of that in turns that no timer brought about', () => {
  const { clock, run, fire, pass } = handClock();
  const log = { firstIndex: 1, lastIndex: 0, termRuns: [], configurations: [] };
  const state = { storageId: 'a'.repeat(32), hardState: { currentTerm: 0, votedFor: null }, commitIndex: 0, log };
  const raft = new Raft({ id: 'a', state, config: parseConfig(), seed: 1, now: 0 });
  const steps: Event[] = [];
  const pump = new Pump({
    clock,
    raft: {
      step: (event, now) => {
        steps.push(event);
        raft.step(event, now);
      },
      takeReady: () => raft.takeReady(),
    },
    begin: () => undefined,
    takeProposals: () => [],
    perform: () => undefined,
    deadline: () => Number.POSITIVE_INFINITY,
    broken: (error) => {
      throw error;
    },
  });
  pump.wake();
  run();
  fire(0);
  fire(750);
  pump.post({ type: 'Read', id: 1 });
  run();
  pass(60_000);
  pump.wake();
  run();
  expect(steps).toEqual([{ type: 'Tick', lateMs: 0 }, { type: 'Tick', lateMs: 750 }, { type: 'Read', id: 1 }, { type: 'Tick' }]);
  pump.stop();
});
